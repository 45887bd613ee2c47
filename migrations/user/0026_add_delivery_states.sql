-- A letter may come back, and where the tenant wants to know, it is noted that the page of its link was shown.
alter table invites
    drop constraint invites_delivery_check,
    add constraint invites_delivery_check check (delivery in ('queued', 'sent', 'bounced', 'opened', 'failed'));
alter table invite_events
    drop constraint invite_events_kind_check,
    add constraint invite_events_kind_check check (kind in (
        'created', 'resent', 'sent', 'bounced', 'opened', 'failed', 'link_taken', 'wrong_password', 'accepted', 'revoked',
        'expired'));
alter table invite_policies add column openings_noted boolean not null default false;
