-- Beside invitations and other addresses: letters that let a person in. They belong to the platform, as people do.
alter table messages
    drop constraint messages_template_check,
    add constraint messages_template_check check
        (template in ('invitation', 'email_change_old', 'email_change_new', 'password_reset', 'sign_in')),
    drop constraint messages_subject_kind_check,
    add constraint messages_subject_kind_check check (subject_kind in ('invite', 'email_change', 'letter'));
