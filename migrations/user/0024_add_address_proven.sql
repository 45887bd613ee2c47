-- Whether the person has shown that they read the mail of their address: whoever came in by a link that was handed to the
-- one who invited them has not, and nothing is given to them for their address's sake.
alter table users add column address_proven boolean not null default true;
