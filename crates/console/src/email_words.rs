//! Another address in the languages we write in.

/// The words of its pages.
#[derive(Debug)]
pub(crate) struct EmailWords {
    pub(crate) lang: &'static str,
    pub(crate) title: &'static str,
    pub(crate) old_lead: &'static str,
    pub(crate) new_lead: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) valid_until: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) refuse: &'static str,
    pub(crate) half_title: &'static str,
    pub(crate) half: &'static str,
    pub(crate) done_title: &'static str,
    pub(crate) done: &'static str,
    pub(crate) refused_title: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) closed_title: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) withdrawn: &'static str,
    pub(crate) replaced: &'static str,
    pub(crate) unusable: &'static str,
    pub(crate) disabled: &'static str,
    pub(crate) away_title: &'static str,
    pub(crate) away: &'static str,
}

static EN: EmailWords = EmailWords {
    lang: "en",
    title: "Another e-mail address",
    old_lead: "You are asked whether your account may have another address.",
    new_lead: "You are asked whether this address is yours.",
    from: "From",
    to: "To",
    valid_until: "Valid until",
    hint: "The new address holds once both addresses have agreed. Its owner then signs in with it, and all other sessions end.",
    confirm: "Agree",
    refuse: "Refuse",
    half_title: "Thank you",
    half: "You have agreed. The other address has still to agree; until then nothing changes.",
    done_title: "The address is changed",
    done: "Both addresses have agreed. From now on, sign in with the new one.",
    refused_title: "The change is refused",
    refused: "The address stays as it is. If you did not expect this at all, change your password.",
    closed_title: "This link does not work any more",
    unknown: "The link is incomplete or unknown. Open it from the letter once more, or ask for the change again.",
    expired: "The time to agree is over. Ask for the change again.",
    withdrawn: "The change was taken back. The address stays as it is.",
    replaced: "The change was asked for again. Open the link in the newest letter.",
    unusable: "This address cannot be used here. Ask for the change with another one.",
    disabled: "This account is disabled. Its address cannot be changed.",
    away_title: "Please try again",
    away: "The service is away for a moment. Nothing is lost; try again shortly.",
};

static RU: EmailWords = EmailWords {
    lang: "ru",
    title: "Другой адрес почты",
    old_lead: "Вас спрашивают, можно ли изменить адрес вашей учётной записи.",
    new_lead: "Вас спрашивают, ваш ли это адрес.",
    from: "Прежний",
    to: "Новый",
    valid_until: "Действует до",
    hint: "Новый адрес начнёт действовать, когда согласятся оба адреса. После этого вход будет по нему, а остальные сеансы завершатся.",
    confirm: "Согласиться",
    refuse: "Отказаться",
    half_title: "Спасибо",
    half: "Вы согласились. Осталось согласие другого адреса; до этого ничего не изменится.",
    done_title: "Адрес изменён",
    done: "Оба адреса согласились. Теперь входите по новому.",
    refused_title: "Изменение отклонено",
    refused: "Адрес остаётся прежним. Если вы этого совсем не ждали, смените пароль.",
    closed_title: "Ссылка больше не действует",
    unknown: "Ссылка неполная или неизвестна. Откройте её из письма ещё раз или запросите изменение заново.",
    expired: "Время для согласия истекло. Запросите изменение заново.",
    withdrawn: "Запрос отозван. Адрес остаётся прежним.",
    replaced: "Изменение запросили ещё раз. Откройте ссылку из самого нового письма.",
    unusable: "Этот адрес здесь использовать нельзя. Запросите изменение с другим адресом.",
    disabled: "Эта учётная запись отключена. Изменить её адрес нельзя.",
    away_title: "Попробуйте ещё раз",
    away: "Сервис ненадолго недоступен. Ничего не потеряно; попробуйте чуть позже.",
};

impl EmailWords {
    /// The words of a locale; English for those we do not write in.
    pub(crate) fn of(locale: &str) -> &'static Self {
        match locale {
            "ru" => &RU,
            _ => &EN,
        }
    }

    /// What to say of a link that does not work; `None` where the reason is not the link.
    pub(crate) fn closed(&self, reason: &str) -> Option<&'static str> {
        Some(match reason {
            "email_change_not_found" => self.unknown,
            "email_change_expired" | "email_change_link_lost" => self.expired,
            "email_change_withdrawn" => self.withdrawn,
            "email_change_replaced" => self.replaced,
            "email_change_unusable" => self.unusable,
            "email_change_refused" => self.refused,
            "email_change_done" => self.done,
            "account_disabled" => self.disabled,
            _ => return None,
        })
    }
}
