//! Log lines as JSON, one object a line, with the fields of all enclosing spans beside its own.

use std::{fmt, io::Write, sync::OnceLock};

use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::{
    Dispatch, Event, Subscriber,
    dispatcher::WeakDispatch,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    fmt::MakeWriter,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// A layer that writes every event as one JSON object.
///
/// Fields are flat: `request.id` of the outer span, `tenant.id` of an inner one and the event's
/// own stand side by side, the innermost winning. `time`, `level`, `target`, `message`, `span`,
/// `trace_id` and `span_id` are the layer's own.
pub struct JsonLines<W> {
    writer: W,
    dispatch: OnceLock<WeakDispatch>,
}

impl<W> JsonLines<W> {
    /// Writes lines to what `writer` makes.
    pub fn new(writer: W) -> Self {
        Self { writer, dispatch: OnceLock::new() }
    }

    /// The trace this span belongs to, so that a log line leads to its trace.
    fn add_trace<S>(&self, line: &mut Map<String, Value>, span: &SpanRef<'_, S>)
    where
        S: for<'a> LookupSpan<'a>,
    {
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        let context = dispatch
            .and_then(|dispatch| tracing_opentelemetry::get_otel_context(&span.id(), &dispatch));
        if let Some(context) = context {
            let span = context.span().span_context().clone();
            if span.is_valid() {
                line.insert("trace_id".into(), span.trace_id().to_string().into());
                line.insert("span_id".into(), span.span_id().to_string().into());
            }
        }
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // A layer belongs to one subscriber; hearing of the same one again changes nothing.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Fields::default();
        if let Some(span) = context.event_span(event) {
            for outer in span.scope().from_root() {
                if let Some(fields) = outer.extensions().get::<Fields>() {
                    line.0
                        .extend(fields.0.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
            }
            line.0.insert("span".into(), span.name().into());
            self.add_trace(&mut line.0, &span);
        }
        event.record(&mut line);
        line.0.insert("time".into(), jiff::Timestamp::now().to_string().into());
        line.0.insert("level".into(), metadata.level().as_str().into());
        line.0.insert("target".into(), metadata.target().into());
        // One write per line, so that lines of several threads do not mix. A log that cannot be
        // written has nowhere to complain.
        let mut text = Value::Object(line.0).to_string();
        text.push('\n');
        let _ = self.writer.make_writer_for(metadata).write_all(text.as_bytes());
    }
}

/// Recorded fields by name, the last value of a name winning.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}
