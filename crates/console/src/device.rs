//! Where a person lets a device without a keyboard act for them (RFC 8628, section 3.3).

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use http::StatusCode;
use kernel::Code;
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{
        AnswerDeviceRequest, DeviceQuestion, ShowDeviceRequest, devices_client::DevicesClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
};

/// What was typed, or stands in the address that the device shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    user_code: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    user_code: String,
    approval: String,
    answer: String,
}

#[derive(Template)]
#[template(path = "device.html")]
struct Form<'a> {
    shell: Shell,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "device_question.html")]
struct Question<'a> {
    shell: Shell,
    asked: &'a DeviceQuestion,
    /// Where it is going to act, if this is the address of it.
    workspace: Option<String>,
}

/// Asks for the code, then whether the device that shows it may act; looking grants nothing.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    guest: Guest,
    Query(typed): Query<Typed>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    if typed.user_code.is_empty() {
        return Ok(form(&guest, StatusCode::OK, None));
    }
    let request = ShowDeviceRequest { user_code: typed.user_code };
    let shown =
        DevicesClient::new(mesh.to("auth")).show_device(wire::call(guest.cx(), request)).await;
    let asked = match shown {
        Ok(asked) => asked.into_inner(),
        Err(status) => {
            let (status, problem) = match wire::code_of(&status).code {
                Code::NotFound => (StatusCode::NOT_FOUND, "No device shows this code any more."),
                Code::Exhausted => (
                    StatusCode::TOO_MANY_REQUESTS,
                    "Too many tries. Wait a little, then try again.",
                ),
                _ => return Err(status.into()),
            };
            return Ok(form(&guest, status, Some(problem)));
        }
    };
    let shell = Shell::of(&guest, "A device asks");
    let workspace = guest.name_of(&asked.tenant_id);
    Ok(page(StatusCode::OK, &Question { shell, asked: &asked, workspace }))
}

/// Takes the person's answer. The form of another site, and one that was shown to somebody else, count for nothing.
pub(crate) async fn answer(
    State(mesh): State<Mesh>,
    guest: Guest,
    Fields(answer): Fields<Answer>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let agreed = answer.answer == "yes";
    let request =
        AnswerDeviceRequest { user_code: answer.user_code, approval: answer.approval, agreed };
    let call = wire::call(guest.cx(), request);
    DevicesClient::new(mesh.to("auth")).answer_device(call).await?;
    let said = match agreed {
        true => Said {
            title: "The device may go on",
            text: "Look at the device: it goes on by itself in a moment.",
            action: None,
        },
        false => Said {
            title: "The device was refused",
            text: "It cannot act for you. If you did not ask for this, there is nothing more to do.",
            action: None,
        },
    };
    Ok(say(&guest, StatusCode::OK, &said))
}

fn form(guest: &Guest, status: StatusCode, problem: Option<&str>) -> Response {
    page(status, &Form { shell: Shell::of(guest, "Connect a device"), problem })
}
