//! Runs a script as Apps Script would: `UrlFetchApp.fetch` is there, and asks the platform.

use rquickjs::{CatchResultExt, Context, Ctx, Function, Runtime};
use serde_json::{Value, json};
use tokio::runtime::Handle;

/// What Apps Script gives a script to fetch with.
const URL_FETCH_APP: &str = r#"
var UrlFetchApp = {
  fetch: function (url, options) {
    var answer = JSON.parse(__fetch(url, JSON.stringify(options || {})));
    if (answer.failed) throw new Error('Address unavailable: ' + url);
    if (!(options || {}).muteHttpExceptions && answer.code >= 300) {
      throw new Error('Request failed for ' + url + ' returned code ' + answer.code);
    }
    return {
      getResponseCode: function () { return answer.code; },
      getContentText: function () { return answer.text; },
      getHeaders: function () { return answer.headers; }
    };
  }
};
"#;

/// Runs `scripts` one after another, then `main(input)`; what it returns, as JSON. Panics with what a script throws.
pub(super) async fn run(scripts: &[&'static str], input: Value) -> Value {
    let (scripts, handle) = (scripts.to_vec(), Handle::current());
    let done = tokio::task::spawn_blocking(move || {
        let runtime = Runtime::new().expect("an engine");
        let context = Context::full(&runtime).expect("a context");
        context.with(|ctx| play(&ctx, &scripts, &input, handle))
    });
    let told = done.await.expect("does not panic");
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("no JSON: {told}"))
}

fn play(ctx: &Ctx<'_>, scripts: &[&str], input: &Value, handle: Handle) -> String {
    let client = reqwest::Client::new();
    let ask = move |url: String, options: String| {
        handle.block_on(fetch(&client, &url, &options)).to_string()
    };
    let ask = Function::new(ctx.clone(), ask).expect("a function");
    ctx.globals().set("__fetch", ask).expect("a global");
    for script in std::iter::once(&URL_FETCH_APP).chain(scripts) {
        let outcome = ctx.eval::<(), _>(*script).catch(ctx);
        outcome.unwrap_or_else(|thrown| panic!("{thrown}"));
    }
    let outcome = ctx.eval::<String, _>(format!("JSON.stringify(main({input}))")).catch(ctx);
    outcome.unwrap_or_else(|thrown| panic!("{thrown}"))
}

/// The few options that the library uses.
async fn fetch(client: &reqwest::Client, url: &str, options: &str) -> Value {
    let options: Value = serde_json::from_str(options).expect("JSON");
    let verb = options["method"].as_str().unwrap_or("get").to_uppercase();
    let mut request = client.request(verb.parse().expect("a verb"), url);
    for (name, value) in options["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().expect("a text"));
    }
    if let Some(kind) = options["contentType"].as_str() {
        request = request.header("content-type", kind);
    }
    if let Some(payload) = options["payload"].as_str() {
        request = request.body(payload.to_owned());
    }
    let Ok(answer) = request.send().await else {
        return json!({"failed": true});
    };
    let code = answer.status().as_u16();
    let headers: serde_json::Map<_, _> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or_default())))
        .collect();
    json!({"code": code, "headers": headers, "text": answer.text().await.unwrap_or_default()})
}
