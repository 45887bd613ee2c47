//! Rows of `invites`.

use kernel::{Email, InviteId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};

use crate::domain::{Delivery, Invite, InviteStatus, RoleName, TokenHash};

/// Which invitations are listed; what is absent narrows nothing.
#[derive(Debug, Default)]
pub(crate) struct InviteFilter {
    /// As it stands now.
    pub(crate) status: Option<InviteStatus>,
    /// The beginning of the address.
    pub(crate) email: Option<String>,
    /// One of its roles.
    pub(crate) role: Option<RoleName>,
    pub(crate) delivery: Option<Delivery>,
    /// Who made it, as audit rows name an actor.
    pub(crate) invited_by: Option<String>,
}

/// A checked query for invitations; what follows the table's name is given.
macro_rules! invites {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Invite,
            r#"select invites.invite_id as "invite_id: _", user_id as "user_id: _", email as "email: _",
                      name as "name: _", role, status as "status: _", locale as "locale: _",
                      reference, sends, ttl_hours, created_at as "created_at: _",
                      expires_at as "expires_at: _", accepted_at as "accepted_at: _", invited_by,
                      coalesce(vouched_by, invited_by) as "vouched_by!",
                      delivery as "delivery: _", attempts, workspace, more_roles,
                      scope_type as "scope_type: _", scope_id
               from invites "# + $rest
            $(, $argument)*
        )
    };
}
pub(super) use invites;

/// Adds an invitation; false where the address has a pending one, or is the person's no more. The person's row is held
/// until the transaction ends, so that the address stays theirs.
pub(crate) async fn insert_invite(
    tx: &mut TenantTx,
    invite: &Invite,
    hash: &TokenHash,
) -> pg::Result<bool> {
    let inserted = sqlx::query!(
        "insert into invites (tenant_id, invite_id, user_id, email, name, role, status, locale, reference, token_hash,
                              sends, ttl_hours, invited_by, created_at, expires_at, workspace, more_roles,
                              scope_type, scope_id)
         select usher.current_tenant(), $1, u.user_id, u.email, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                $16, $17, $18
         from users u where u.user_id = $2 and u.email = $3 for key share
         on conflict (tenant_id, email) where status = 'pending' do nothing",
        invite.invite_id as _,
        invite.user_id as _,
        invite.email.as_str(),
        invite.name.as_str(),
        invite.role,
        invite.status.as_str(),
        invite.locale.as_str(),
        invite.reference,
        hash.as_bytes(),
        invite.sends,
        invite.ttl_hours,
        invite.invited_by,
        invite.created_at as _,
        invite.expires_at as _,
        &invite.workspace,
        &invite.more_roles,
        invite.scope_type.as_str(),
        invite.scope_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(crate) async fn invite(tx: &mut TenantTx, id: InviteId) -> pg::Result<Option<Invite>> {
    let query = invites!("where tenant_id = usher.current_tenant() and invite_id = $1", id as _);
    Ok(query.fetch_optional(&mut **tx).await?)
}

pub(crate) async fn lock_invite(tx: &mut TenantTx, id: InviteId) -> pg::Result<Option<Invite>> {
    let query = invites!(
        "where tenant_id = usher.current_tenant() and invite_id = $1 for no key update",
        id as _
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The invitation to this address that is stored as pending, locked; its time may be over.
pub(crate) async fn lock_pending(tx: &mut TenantTx, email: &Email) -> pg::Result<Option<Invite>> {
    let query = invites!(
        "where tenant_id = usher.current_tenant() and email = $1 and status = 'pending' for no key update",
        email.as_str()
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The invitation of the person that is stored as pending, locked; its time may be over.
pub(crate) async fn lock_pending_of(
    tx: &mut TenantTx,
    user_id: UserId,
) -> pg::Result<Option<Invite>> {
    let query = invites!(
        "where tenant_id = usher.current_tenant() and user_id = $1 and status = 'pending' for no key update",
        user_id as _
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Keeps others from moving the person's pending invitations in any tenant.
pub(crate) async fn lock_pending_everywhere(
    tx: &mut PlatformTx,
    user_id: UserId,
) -> pg::Result<()> {
    sqlx::query!(
        "select invite_id from invites where user_id = $1 and status = 'pending'
         order by tenant_id, invite_id for no key update",
        user_id as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// The invitation by which the person last came in.
pub(crate) async fn accepted_invite(
    tx: &mut TenantTx,
    user_id: UserId,
) -> pg::Result<Option<Invite>> {
    let query = invites!(
        "where tenant_id = usher.current_tenant() and user_id = $1 and status = 'accepted'
         order by accepted_at desc limit 1",
        user_id as _
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Invitations after `after` that pass the filter at `now`, oldest first.
pub(crate) async fn list_invites(
    tx: &mut TenantTx,
    filter: &InviteFilter,
    now: Timestamp,
    after: Option<InviteId>,
    limit: i64,
) -> pg::Result<Vec<Invite>> {
    let query = invites!(
        "where tenant_id = usher.current_tenant() and ($1::uuid is null or invite_id > $1)
           and ($2::text is null or
                case when status = 'pending' and expires_at <= $3 then 'expired' else status end = $2)
           and ($5::text is null or starts_with(email, $5)) and ($6::text is null or role = $6 or $6 = any (more_roles))
           and ($7::text is null or delivery = $7) and ($8::text is null or invited_by = $8)
         order by invite_id limit $4",
        after as _,
        filter.status.map(InviteStatus::as_str) as _,
        now as _,
        limit,
        filter.email.as_deref() as _,
        filter.role.as_ref().map(RoleName::as_str) as _,
        filter.delivery.map(Delivery::as_str) as _,
        filter.invited_by.as_deref() as _,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}

/// Marks a pending invitation whose time is over, so that another may take its place.
pub(crate) async fn expire_invite(tx: &mut TenantTx, id: InviteId) -> pg::Result<()> {
    sqlx::query!(
        "update invites set status = 'expired' where tenant_id = usher.current_tenant() and invite_id = $1",
        id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn revoke_invite(tx: &mut TenantTx, id: InviteId) -> pg::Result<()> {
    sqlx::query!(
        "update invites set status = 'revoked' where tenant_id = usher.current_tenant() and invite_id = $1",
        id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the invitation for whoever holds its newest link, or one whose overlap lasts, and gives it to the person who
/// comes in; true for one caller only, whatever the number.
pub(crate) async fn claim_invite(
    tx: &mut TenantTx,
    id: InviteId,
    user_id: UserId,
    hash: &TokenHash,
    now: Timestamp,
) -> pg::Result<bool> {
    let claimed = sqlx::query!(
        "update invites set status = 'accepted', accepted_at = $3, user_id = $4
         where tenant_id = usher.current_tenant() and invite_id = $1
           and status = 'pending' and expires_at > $3
           and (token_hash = $2
                or exists (select from replaced_links r
                           where r.tenant_id = usher.current_tenant() and r.token_hash = $2
                             and r.invite_id = $1 and r.works_until > $3))",
        id as _,
        hash.as_bytes(),
        now as _,
        user_id as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Counts a try against the invitation's newest link; false where it has stood `most`, was sent again since it was read,
/// or is open no more.
pub(crate) async fn reserve_attempt(
    tx: &mut TenantTx,
    invite: &Invite,
    most: i32,
) -> pg::Result<bool> {
    let reserved = sqlx::query!(
        "update invites set attempts = attempts + 1
         where tenant_id = usher.current_tenant() and invite_id = $1 and sends = $2
           and status = 'pending' and attempts < $3",
        invite.invite_id as _,
        invite.sends,
        most,
    )
    .execute(&mut **tx)
    .await?;
    Ok(reserved.rows_affected() == 1)
}

/// Takes back what [`reserve_attempt`] counted, unless the link was replaced meanwhile.
pub(crate) async fn give_attempt_back(tx: &mut TenantTx, invite: &Invite) -> pg::Result<()> {
    sqlx::query!(
        "update invites set attempts = attempts - 1
         where tenant_id = usher.current_tenant() and invite_id = $1 and sends = $2 and attempts > 0",
        invite.invite_id as _,
        invite.sends,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes where the newest letter stands. The invitation is locked by the caller.
pub(crate) async fn update_delivery(
    tx: &mut TenantTx,
    id: InviteId,
    delivery: Delivery,
) -> pg::Result<()> {
    sqlx::query!(
        "update invites set delivery = $2 where tenant_id = usher.current_tenant() and invite_id = $1",
        id as _,
        delivery.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
