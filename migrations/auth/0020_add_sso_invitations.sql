-- SHA-256 of the token of the invitation that is to be accepted on the way; null where somebody only signs in or links.
alter table sso_journeys
    add column invitation_hash bytea constraint sso_journeys_invitation_hash_check check (length(invitation_hash) = 32);
