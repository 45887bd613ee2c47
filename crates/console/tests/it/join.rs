//! A shared link.

use tonic::Code;

use crate::{
    fakes::refusal,
    world::{Ask, HOSTILE, World},
};

const LINK: &str = "/join/canary-token";
const FORM: &str = "email=ann%40acme.test&name=Ann";

fn joining(world: &World) -> Vec<String> {
    world.state.joining.lock().expect("joining").clone()
}

#[tokio::test]
async fn looking_shows_where_it_leads_and_uses_nothing() {
    let world = World::new();
    let shown = Ask::get(LINK).send(&world).await;
    for words in ["Math &#38; Art School", "acme.test, beta.test", "Your e-mail address"] {
        assert!(shown.page(200).contains(words), "{words} is missing in {}", shown.text);
    }
    assert!(!shown.text.contains("canary-token"), "the page does not repeat the token");
    let russian = Ask::get(LINK).header("accept-language", "ru").send(&world).await;
    assert!(russian.page(200).contains("Прислать приглашение"));
    assert!(joining(&world).is_empty());
}

#[tokio::test]
async fn a_stranger_is_told_to_look_into_their_mail_and_a_member_is_in() {
    let world = World::new();
    let asked = Ask::post(LINK, FORM).send(&world).await;
    assert!(asked.page(200).contains("Look into your mail"));
    let known = Ask::get(LINK).member().send(&world).await;
    assert!(!known.page(200).contains("type=\"email\""), "who is signed in types nothing");
    let joined = Ask::post(LINK, FORM).member().send(&world).await;
    assert!(joined.page(200).contains("You are in"));
    assert_eq!(joining(&world), ["ann@acme.test", ""]);
    let forged = Ask::new("POST", LINK).header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.status, 403);
}

#[tokio::test]
async fn what_is_wrong_stands_at_the_form_and_nothing_typed_is_lost_or_run() {
    let world = World::new();
    let refused = refusal(Code::PermissionDenied, "domain_not_admitted", "Others.");
    *world.state.refuse_password.lock().expect("refusal") = Some(refused);
    world.state.invitation.lock().expect("invitation").tenant_name = HOSTILE.into();
    let form = "email=ann%40else.test&name=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%20onload%3D%22x";
    let again = Ask::post(LINK, form).send(&world).await;
    assert!(again.page(400).contains("addresses of other domains"));
    assert!(again.text.contains("ann@else.test") && again.text.contains("&#60;script&#62;"));
    assert!(!again.text.contains("\" onload"), "{}", again.text);
}

#[tokio::test]
async fn a_link_that_works_no_more_says_so() {
    let world = World::new();
    for (code, reason, status, words) in [
        (Code::FailedPrecondition, "join_link_closed", 410, "works no more"),
        (Code::NotFound, "join_link_not_found", 404, "incomplete or unknown"),
        (Code::PermissionDenied, "not_let_back", 410, "You were a member here"),
    ] {
        *world.state.closed.lock().expect("closed") = Some(refusal(code, reason, "No."));
        let shown = Ask::get(LINK).send(&world).await;
        assert!(shown.page(status).contains(words), "{}", shown.text);
    }
}
