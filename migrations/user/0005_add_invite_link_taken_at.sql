-- When the link was handed to whoever made the invitation; that happens once.
alter table invites add column link_taken_at timestamptz;
