-- Beside letters that let a person in: one by which somebody proves that they read the mail of their address.
alter table messages
    drop constraint messages_template_check,
    add constraint messages_template_check check
        (template in ('invitation', 'email_change_old', 'email_change_new', 'password_reset', 'sign_in', 'address', 'sign_up'));
