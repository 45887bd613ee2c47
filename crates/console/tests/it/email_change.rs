//! Another address.

use tonic::Code;

use crate::{
    fakes::refusal,
    world::{Ask, HOSTILE, World},
};

const LINK: &str = "/email/canary-token";

fn chosen(world: &World) -> Vec<&'static str> {
    world.state.chosen.lock().expect("chosen").clone()
}

#[tokio::test]
async fn looking_shows_the_choice_and_chooses_nothing() {
    let world = World::new();
    let shown = Ask::get(LINK).send(&world).await;
    for words in ["ann@example.com", "ann@example.org", "18 November 2026, 11:06 UTC", "Refuse"] {
        assert!(shown.page(200).contains(words), "{words} is missing in {}", shown.text);
    }
    assert!(!shown.text.contains("canary-token"), "the page does not repeat the token");
    assert_eq!(Ask::new("HEAD", LINK).send(&world).await.status, 200);
    Ask::get(LINK).header("sec-purpose", "prefetch").send(&world).await.page(200);
    assert!(chosen(&world).is_empty());
}

#[tokio::test]
async fn the_form_confirms_or_refuses_and_another_site_does_neither() {
    let world = World::new();
    let forged = Ask::new("POST", LINK).header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.status, 403);
    for form in ["", "choice=both"] {
        assert_eq!(Ask::post(LINK, form).send(&world).await.status, 400, "{form:?}");
    }
    assert!(chosen(&world).is_empty());
    let half = Ask::post(LINK, "choice=confirm").send(&world).await;
    assert!(half.page(200).contains("has still to agree"), "{}", half.text);
    let refused = Ask::post(LINK, "choice=refuse").send(&world).await;
    assert!(refused.page(200).contains("stays as it is"), "{}", refused.text);
    assert_eq!(chosen(&world), ["confirm", "refuse"]);
}

#[tokio::test]
async fn what_became_of_a_change_is_said_in_the_letters_language() {
    let world = World::new();
    for (status, code, words) in [
        ("done", 200, "Адрес изменён"),
        ("refused", 200, "Изменение отклонено"),
        ("expired", 410, "Время для согласия истекло"),
        ("withdrawn", 410, "Запрос отозван"),
        ("replaced", 410, "ещё раз"),
        ("unusable", 410, "использовать нельзя"),
    ] {
        {
            let mut letter = world.state.letter.lock().expect("letter");
            (letter.status, letter.locale) = (status.into(), "ru".into());
        }
        let shown = Ask::get(LINK).send(&world).await;
        assert!(shown.page(code).contains(words), "{status}: {}", shown.text);
        assert!(shown.text.contains("lang=\"ru\""));
    }
}

#[tokio::test]
async fn a_link_that_works_no_more_says_why() {
    let world = World::new();
    for (reason, code, status, words) in [
        ("email_change_expired", Code::FailedPrecondition, 410, "time to agree is over"),
        ("email_change_unusable", Code::FailedPrecondition, 410, "cannot be used here"),
        ("email_change_not_found", Code::NotFound, 404, "incomplete or unknown"),
        ("account_disabled", Code::PermissionDenied, 410, "disabled"),
        ("database_unavailable", Code::Unavailable, 503, "away for a moment"),
    ] {
        let why = refusal(code, reason, "10.0.0.3: select");
        *world.state.closed.lock().expect("closed") = Some(why);
        for ask in [Ask::get(LINK), Ask::post(LINK, "choice=confirm")] {
            let page = ask.send(&world).await;
            assert!(page.page(status).contains(words), "{reason}: {}", page.text);
            assert!(!page.text.contains("select"));
        }
    }
}

#[tokio::test]
async fn hostile_addresses_do_nothing() {
    let world = World::new();
    {
        let mut letter = world.state.letter.lock().expect("letter");
        (letter.old_email, letter.new_email) = (HOSTILE.into(), HOSTILE.into());
    }
    let shown = Ask::get(LINK).send(&world).await;
    assert!(shown.page(200).contains("&#60;script&#62;") && !shown.text.contains("\" onload"));
}
