//! The invitation in the languages we write in.

use http::{HeaderMap, header};
use kernel::Timestamp;

/// The words of the invitation's pages.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) lang: &'static str,
    pub(crate) title: &'static str,
    pub(crate) hello: &'static str,
    pub(crate) invited_to: &'static str,
    pub(crate) for_address: &'static str,
    pub(crate) valid_until: &'static str,
    pub(crate) choose_password: &'static str,
    pub(crate) repeat_password: &'static str,
    pub(crate) your_password: &'static str,
    pub(crate) password_hint: &'static str,
    pub(crate) known_hint: &'static str,
    pub(crate) or_passkey: &'static str,
    pub(crate) passkey_hint: &'static str,
    pub(crate) no_passkey: &'static str,
    pub(crate) or_provider: &'static str,
    sso_refused: &'static str,
    sso_link_first: &'static str,
    sso_not_admitted: &'static str,
    sso_other_address: &'static str,
    sso_away: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) too_short: &'static str,
    pub(crate) too_long: &'static str,
    pub(crate) no_match: &'static str,
    pub(crate) wrong_password: &'static str,
    pub(crate) too_many: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) done_title: &'static str,
    pub(crate) done_text: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) closed_title: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) used: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) revoked: &'static str,
    pub(crate) replaced: &'static str,
    pub(crate) exhausted: &'static str,
    pub(crate) withdrawn: &'static str,
    pub(crate) suspended: &'static str,
    pub(crate) away_title: &'static str,
    pub(crate) away: &'static str,
    pub(crate) for_domains: &'static str,
    pub(crate) your_email: &'static str,
    pub(crate) your_name: &'static str,
    pub(crate) mail_hint: &'static str,
    pub(crate) ask: &'static str,
    pub(crate) join: &'static str,
    pub(crate) bad_email: &'static str,
    pub(crate) bad_name: &'static str,
    pub(crate) other_domain: &'static str,
    pub(crate) mailed_title: &'static str,
    pub(crate) mailed_text: &'static str,
    pub(crate) joined_title: &'static str,
    pub(crate) joined_text: &'static str,
    pub(crate) link_closed: &'static str,
    pub(crate) not_let_back: &'static str,
    pub(crate) full: &'static str,
    months: [&'static str; 12],
}

static EN: Words = Words {
    lang: "en",
    title: "Invitation",
    hello: "Welcome",
    invited_to: "You are invited to",
    for_address: "For",
    valid_until: "Valid until",
    choose_password: "Choose a password",
    repeat_password: "Repeat the password",
    your_password: "Your password",
    password_hint: "At least 15 characters. A few words in a row are easy to remember.",
    known_hint: "You already have an account with this address: its password confirms that it is you.",
    or_passkey: "Accept with a passkey",
    passkey_hint: "Your phone, computer or security key signs you in, without a password.",
    no_passkey: "The passkey was not made, or it took too long. Try again, or choose a password.",
    or_provider: "Continue with",
    sso_refused: "The provider did not let you in, or it took too long. Try again, or accept otherwise.",
    sso_link_first: "You have an account already. Accept with its password; it can be linked with the provider then.",
    sso_not_admitted: "The workspace does not let you in at the moment. Ask whoever invited you.",
    sso_other_address: "The provider knows you by another address than the invited one. Accept otherwise, or ask to be invited by that address.",
    sso_away: "The provider's word could not be checked. Your invitation is safe; try again shortly.",
    accept: "Accept the invitation",
    too_short: "The password has fewer than 15 characters.",
    too_long: "The password has more than 1,024 characters.",
    no_match: "The two passwords differ.",
    wrong_password: "This is not the password of your account.",
    too_many: "Too many tries. Wait a little, then try again.",
    refused: "This password is too easy to guess; choose another.",
    done_title: "You are in",
    done_text: "The invitation is accepted. Your workspace is being prepared; you may close this page.",
    sign_in: "Sign in",
    closed_title: "This link does not work any more",
    unknown: "The link is incomplete or unknown. Open it from the letter once more, or ask for a new one.",
    used: "This invitation has been accepted already. Nothing is left to do here.",
    expired: "The invitation has expired. Ask whoever invited you for a new one.",
    revoked: "The invitation was taken back. Ask whoever invited you what happened.",
    replaced: "A newer letter was sent to you. Open the link in the newest one.",
    exhausted: "Too many wrong passwords were given here. Ask whoever invited you to send the invitation again.",
    withdrawn: "Whoever invited you may not do so any more. Ask a colleague of theirs to send the invitation again.",
    suspended: "This workspace is suspended at the moment. Your invitation stays open; try again later.",
    away_title: "Please try again",
    away: "The service is away for a moment. Your invitation is safe; try again shortly.",
    for_domains: "For addresses at",
    your_email: "Your e-mail address",
    your_name: "Your name",
    mail_hint: "You get a letter with a link that lets you in.",
    ask: "Send me an invitation",
    join: "Join",
    bad_email: "This is no e-mail address.",
    bad_name: "This name cannot be used; it needs 1 to 120 characters that can be seen.",
    other_domain: "This link is for addresses of other domains.",
    mailed_title: "Look into your mail",
    mailed_text: "If this address can be let in, an invitation is on its way to it. You may close this page.",
    joined_title: "You are in",
    joined_text: "You belong to this workspace now.",
    link_closed: "This link works no more. Ask whoever gave it to you for an invitation.",
    not_let_back: "You were a member here. Ask a colleague for an invitation.",
    full: "No place is left in this workspace. Ask whoever gave you the link.",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

static RU: Words = Words {
    lang: "ru",
    title: "Приглашение",
    hello: "Здравствуйте",
    invited_to: "Вас приглашают в",
    for_address: "Для",
    valid_until: "Действует до",
    choose_password: "Придумайте пароль",
    repeat_password: "Повторите пароль",
    your_password: "Ваш пароль",
    password_hint: "Не меньше 15 символов. Несколько слов подряд легко запомнить.",
    known_hint: "У вас уже есть учётная запись с этим адресом: её пароль подтвердит, что это вы.",
    or_passkey: "Принять с ключом доступа",
    passkey_hint: "Вход по телефону, компьютеру или ключу безопасности, без пароля.",
    no_passkey: "Ключ доступа не создан, или прошло слишком много времени. Попробуйте ещё раз или придумайте пароль.",
    or_provider: "Продолжить через",
    sso_refused: "Войти через провайдера не удалось, или прошло слишком много времени. Попробуйте ещё раз или примите приглашение иначе.",
    sso_link_first: "У вас уже есть учётная запись. Примите приглашение с её паролем; потом её можно связать с провайдером.",
    sso_not_admitted: "Рабочее пространство сейчас вас не впускает. Спросите у того, кто вас пригласил.",
    sso_other_address: "Провайдер знает вас по другому адресу, не по приглашённому. Примите приглашение иначе или попросите пригласить этот адрес.",
    sso_away: "Проверить вход через провайдера не удалось. С приглашением всё в порядке; попробуйте чуть позже.",
    accept: "Принять приглашение",
    too_short: "В пароле меньше 15 символов.",
    too_long: "В пароле больше 1024 символов.",
    no_match: "Пароли не совпадают.",
    wrong_password: "Это не пароль вашей учётной записи.",
    too_many: "Слишком много попыток. Подождите немного и попробуйте снова.",
    refused: "Этот пароль слишком легко угадать; придумайте другой.",
    done_title: "Готово",
    done_text: "Приглашение принято. Рабочее пространство готовится; страницу можно закрыть.",
    sign_in: "Войти",
    closed_title: "Ссылка больше не действует",
    unknown: "Ссылка неполная или неизвестна. Откройте её из письма ещё раз или попросите новую.",
    used: "Это приглашение уже принято. Здесь больше ничего делать не нужно.",
    expired: "Срок приглашения истёк. Попросите новое у того, кто вас пригласил.",
    revoked: "Приглашение отозвано. Спросите у того, кто вас пригласил, что случилось.",
    replaced: "Вам отправлено более новое письмо. Откройте ссылку из него.",
    exhausted: "Слишком много неверных паролей. Попросите того, кто вас пригласил, отправить приглашение ещё раз.",
    withdrawn: "Тот, кто вас пригласил, больше не может этого делать. Попросите его коллегу отправить приглашение ещё раз.",
    suspended: "Это рабочее пространство сейчас приостановлено. Приглашение остаётся открытым; попробуйте позже.",
    away_title: "Попробуйте ещё раз",
    away: "Сервис ненадолго недоступен. С приглашением всё в порядке; попробуйте чуть позже.",
    for_domains: "Для адресов в",
    your_email: "Ваш адрес электронной почты",
    your_name: "Ваше имя",
    mail_hint: "Вам придёт письмо со ссылкой для входа.",
    ask: "Прислать приглашение",
    join: "Присоединиться",
    bad_email: "Это не адрес электронной почты.",
    bad_name: "Такое имя не подходит: нужно от 1 до 120 видимых символов.",
    other_domain: "Эта ссылка для адресов в других доменах.",
    mailed_title: "Проверьте почту",
    mailed_text: "Если этот адрес можно впустить, приглашение уже в пути. Страницу можно закрыть.",
    joined_title: "Готово",
    joined_text: "Теперь вы участник этого рабочего пространства.",
    link_closed: "Эта ссылка больше не действует. Попросите приглашение у того, кто её дал.",
    not_let_back: "Вы уже были здесь участником. Попросите приглашение у коллеги.",
    full: "В этом рабочем пространстве нет мест. Спросите у того, кто дал вам ссылку.",
    months: [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
};

impl Words {
    /// The words of a locale; English for those we do not write in.
    pub(crate) fn of(locale: &str) -> &'static Self {
        match locale {
            "ru" => &RU,
            _ => &EN,
        }
    }

    /// The words for somebody of whom only the browser's first language is known.
    pub(crate) fn of_browser(headers: &HeaderMap) -> &'static Self {
        let wish = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self::of(wish.and_then(|wish| wish.get(..2)).unwrap_or_default())
    }

    /// What to say of a link that does not work; `None` where the reason is not the link.
    pub(crate) fn closed(&self, reason: &str) -> Option<&'static str> {
        Some(match reason {
            "invitation_not_found" => self.unknown,
            "invitation_used" | "already_member" => self.used,
            "invitation_expired" => self.expired,
            "invitation_revoked" => self.revoked,
            "invitation_replaced" => self.replaced,
            "invitation_link_exhausted" => self.exhausted,
            "inviter_lacks_role" => self.withdrawn,
            "tenant_suspended" => self.suspended,
            "join_link_not_found" => self.unknown,
            "join_link_closed" => self.link_closed,
            "not_let_back" => self.not_let_back,
            "seats_taken" => self.full,
            _ => return None,
        })
    }

    /// Why a provider's word did not let an invited person in; nothing where none was asked.
    pub(crate) fn unvouched(&self, reason: &str) -> Option<&'static str> {
        Some(match reason {
            "" => return None,
            "sso_refused" => self.sso_refused,
            "sso_link_first" => self.sso_link_first,
            "sso_not_admitted" => self.sso_not_admitted,
            "sso_other_address" => self.sso_other_address,
            _ => self.sso_away,
        })
    }

    /// An instant to the minute.
    pub(crate) fn moment(&self, at: Option<Timestamp>) -> String {
        let Some(at) = at else { return "–".into() };
        let at = at.jiff().to_zoned(jiff::tz::TimeZone::UTC);
        let month = usize::try_from(at.month()).unwrap_or(1).clamp(1, 12);
        format!(
            "{} {} {}, {}",
            at.day(),
            self.months[month - 1],
            at.year(),
            at.strftime("%H:%M UTC")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_language_counts() {
        for (wish, lang) in
            [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("de, ru;q=0.5", "en"), ("ж", "en"), ("", "en")]
        {
            let mut headers = HeaderMap::new();
            headers.insert(
                "accept-language",
                http::HeaderValue::from_bytes(wish.as_bytes()).expect("value"),
            );
            assert_eq!(Words::of_browser(&headers).lang, lang, "{wish}");
        }
    }

    #[test]
    fn an_instant_reads_well_in_both_languages() {
        let at = jiff::Timestamp::from_second(1_795_000_000).expect("a second").into();
        assert_eq!(EN.moment(Some(at)), "18 November 2026, 11:06 UTC");
        assert_eq!(RU.moment(Some(at)), "18 ноября 2026, 11:06 UTC");
    }
}
