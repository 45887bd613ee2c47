// The person has come in; their marketplace token arrives, and an operator looks around.
function main(input) {
  var api = BtlzApi.client(input.base, input.token);
  var user = api.user(input.id);
  expect(user.read().result.is_active === true, 'the person is active', user.read());

  var token = user.wb.token.create({ token: input.wb_token, description: 'mine' }).result;
  expect(token.token === '***' + input.wb_token.slice(-6), 'the token is masked', token);
  expect(token.sid === input.sheet && typeof token.exp === 'number', 'its claims are told', token);
  expect(token.analytics === true && token.content === false && token.read_only === true, 'flags', token);

  var renamed = user.update({ name: 'Ann Renamed', roles: 'user' }).result;
  expect(renamed.name === 'Ann Renamed' && renamed.roles[0] === 'user', 'changes hold', renamed);
  expect(user.update({ roles: ['client'] }).result.roles.length === 1, 'roles as a list', null);
  return token;
}
