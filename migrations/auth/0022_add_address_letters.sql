-- Beside letters that let a person in: one by which whoever is signed in proves that they read the mail of their address.
alter table letters
    drop constraint letters_kind_check,
    add constraint letters_kind_check check (kind in ('password_reset', 'sign_in', 'address')),
    drop constraint letters_bound_check,
    add constraint letters_bound_check check (kind = 'password_reset' or binding_hash is not null);
