-- Beside letters that let a person in: those to whoever asks to sign up. Whether it says that there is an account is told to
-- the mailbox alone, so there is one word for both.
alter table messages
    drop constraint messages_template_check,
    add constraint messages_template_check check
        (template in ('invitation', 'email_change_old', 'email_change_new', 'password_reset', 'sign_in', 'sign_up')),
    drop constraint messages_subject_kind_check,
    add constraint messages_subject_kind_check check (subject_kind in ('invite', 'email_change', 'letter', 'sign_up'));
