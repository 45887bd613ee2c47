// Somebody is invited with a spreadsheet, before they have accepted.
function main(input) {
  var api = BtlzApi.client(input.base, input.token);
  var created = api.users().create({
    email: input.email, name: 'Ann Client', roles: ['client'], spreadsheet_id: input.sheet,
    expires_in_hours: 48, something_new: { ignored: true }
  });
  var user = created.result;
  expect(created.success === true && created.request_id, 'the envelope is whole', created);
  expect(typeof user.id === 'number' && user.id > 0, 'the id is a number', user);
  expect(user.email === input.email && user.name === 'Ann Client', 'the person is told', user);
  expect(user.password === null && user.is_active === false, 'nobody has come in yet', user);
  expect(user.roles.length === 1 && user.roles[0] === 'client', 'roles are a list', user);
  expect(user.spreadsheets[0] === input.sheet, 'the spreadsheet is theirs', user);
  expect(/\/invite\/[A-Za-z0-9_-]{64}$/.test(user.activation_link), 'the link is told', user);

  var again = api.users().create({ email: input.email, name: 'Ann Client', roles: 'client' }).result;
  expect(again.id === user.id && again.activation_link === null, 'the link is told once', again);
  [user.id, user.user_id, input.email].forEach(function (id) {
    var read = api.user(id).read().result;
    expect(read.id === user.id && read.activation_link === null, 'any key finds the person', read);
  });

  var found = api.users().read({ email: input.email, is_active: false });
  expect(found.meta.total === 1 && found.result[0].id === user.id, 'the filter finds them', found);
  expect(api.users().read({ is_active: true, email: input.email }).meta.total === 0, 'not active', null);
  return user;
}
