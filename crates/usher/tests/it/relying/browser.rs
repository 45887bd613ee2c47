//! A person's browser: it goes where it is sent, signs in, and answers what is asked.

use std::{collections::BTreeMap, sync::Mutex};

use reqwest::{Client, RequestBuilder, Response, Url, redirect::Policy};
use testkit::{Actor, Platform};

/// The browser of a person who is not signed in yet.
pub(super) struct Browser<'a> {
    http: Client,
    platform: &'a Platform,
    person: Actor,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(super) fn of(platform: &'a Platform, person: &Actor) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { http, platform, person: person.clone(), cookies: Mutex::default() }
    }

    /// Opens an app's link, signing in where that is asked, and gives this answer; where the browser is in the end.
    pub(super) async fn open(&self, url: &str, answer: &str) -> String {
        let mut page = self.send(self.http.get(url)).await;
        if sent_to(&page).is_some_and(|to| to == "/signin") {
            let back = self.sign_in().await;
            assert!(url.ends_with(&back), "signing in leads back to {url}, not to {back}");
            page = self.send(self.http.get(url)).await;
        }
        if let Some(to) = sent_to(&page) {
            return to;
        }
        let at = page.url().to_string();
        if page.status() != 200 {
            return at;
        }
        let page = page.text().await.expect("a page");
        let mut form = fields(&page);
        form.push(("answer".into(), answer.into()));
        let own = Url::parse(&at).expect("an address").path().to_owned();
        let sent = self.post(action(&page).unwrap_or(&own), &form).await;
        assert!(sent.status().as_u16() < 400, "the answer was not taken: {}", sent.status());
        sent_to(&sent).unwrap_or(at)
    }

    /// Where that leads.
    async fn sign_in(&self) -> String {
        let form = [("email", self.person.email()), ("password", self.person.password())];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        // Hashing passwords is work that waits for its turn on a busy machine.
        let led = Mutex::new(None);
        let enter = async || {
            let answer = self.post("/signin", &form).await;
            led.lock().expect("no panic holds it").clone_from(&sent_to(&answer));
            answer.status() == 303
        };
        self.platform.eventually("the person is signed in", enter).await;
        led.into_inner().expect("no panic holds it").expect("it leads somewhere")
    }

    async fn post(&self, path: &str, form: &[(String, String)]) -> Response {
        let sent = self.http.post(format!("{}{path}", self.platform.url()));
        self.send(sent.header("sec-fetch-site", "same-origin").form(form)).await
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let pairs = self.cookies.lock().expect("no panic holds them").clone();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", pairs.join("; ")).send().await.expect("answers");
        let mut cookies = self.cookies.lock().expect("no panic holds them");
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().expect("text").split(';').next().unwrap_or_default();
            match pair.split_once('=').expect("a pair") {
                (name, "") => drop(cookies.remove(name)),
                (name, value) => drop(cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        drop(cookies);
        answer
    }
}

fn sent_to(answer: &Response) -> Option<String> {
    Some(answer.headers().get("location")?.to_str().expect("text").to_owned())
}

/// Where the page's form goes, if not to the page itself.
fn action(page: &str) -> Option<&str> {
    let (before, _) = page.split_once(r#" class="fields""#)?;
    let (_, tag) = before.rsplit_once("<form ")?;
    tag.split_once(r#"action=""#)?.1.split('"').next()
}

/// What a form sends of itself.
fn fields(page: &str) -> Vec<(String, String)> {
    let inputs = page.split(r#"<input type="hidden" name=""#).skip(1);
    let field = |input: &str| {
        let (name, rest) = input.split_once(r#"" value=""#)?;
        Some((name.to_owned(), plain(rest.split('"').next()?)))
    };
    inputs.filter_map(field).collect()
}

/// A text as it was before it was written into a page.
fn plain(text: &str) -> String {
    let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    marks.iter().fold(text.to_owned(), |text, (written, mark)| text.replace(written, mark))
}
