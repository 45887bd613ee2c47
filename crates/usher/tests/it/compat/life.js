// The workspace is active: datasets pass through, and everything can be switched off.
function main(input) {
  var api = BtlzApi.client(input.base, input.token);
  var user = api.user(input.id);
  var sheets = user.spreadsheets().read().result;
  expect(sheets.length === 1 && sheets[0].spreadsheet_id === input.sheet, 'the sheet is listed', sheets);
  expect(typeof sheets[0].client_id === 'number' && sheets[0].is_active === true, 'as an item', sheets);
  expect('update_results' in sheets[0].params, 'with its params', sheets);
  expect(user.wb.token.read().result[0].token.indexOf('***') === 0, 'the token is masked', null);

  var dataset = user.spreadsheet(input.sheet).dataset;
  var rows = [{ sku: 1 }, { sku: 2 }];
  expect(dataset.create({ name: 'stocks', values: rows }).result === 2, 'rows are stored', null);
  var read = dataset.read({ name: 'stocks' }).result;
  expect((read.result || read).length === 2, 'rows are read', read);
  expect(dataset.update({ name: 'stocks', values: {} }).result.message === 'accepted', 'updated', null);

  var compat = api.backendCompat();
  var updated = compat.datasetsUpdate({ ssId: input.sheet });
  expect(updated.success === true && updated.message === 'accepted', 'the smoke call works', updated);
  var data = compat.datasetsData({ ssId: input.sheet, dataset: { name: 'stocks' } });
  expect((data.result || data).length === 2, 'data is bare', data);
  expect(compat.datasetsUpload({ ssId: input.sheet, dataset: { name: 'stocks', values: [] } }) === 0, '0', null);
  var listed = compat.tokensList({ ssId: input.sheet }).result;
  expect(listed[0].sid === input.sheet && listed[0].token_suffix.length === 6, 'suffix alone', listed);
  var got = compat.tokenGet({ spreadsheet_id: input.sheet });
  expect(!('success' in got) && got.result[0].sid === input.sheet, 'as the backend has it', got);
  expect(!('token' in got.result[0]), 'never the token', got);
  expect(compat.register({ spreadsheet_id: input.more, owner_email: input.email }).result.spreadsheet_id
    === input.more, 'another sheet is registered', null);
  var added = compat.tokensAdd({ spreadsheet_id: input.sheet, token: input.next_token, owner_email: input.email });
  expect(added.result.sid === input.sheet, 'the next token is taken', added);
  expect(user.wb.token.read().result[0].token === '***' + input.next_token.slice(-6), 'it is there', null);

  var off = user.spreadsheet(input.sheet).delete().result;
  expect(off.is_active === false, 'the sheet is switched off', off);
  expect(user.spreadsheet(input.sheet).read().result.is_active === false, 'and kept', null);
  expect(/switched off/.test(refused(function () { compat.datasetsUpdate({ ssId: input.sheet }); })), 'told', null);
  expect(user.spreadsheet(input.sheet).update({ is_active: true }).result.is_active === true, 'on again', null);

  var key = user.ozon.apikey.create({
    seller_client_id: 42, seller_api_key: input.ozon_key, name: 'Main', performance_client_id: ''
  }).result;
  expect(key.seller_client_id === 42 && key.seller_api_key === '***' + input.ozon_key.slice(-6), 'masked', key);
  expect(user.ozon.apikey.read().result.length === 1, 'one key', null);
  expect(/seller/.test(refused(function () {
    user.ozon.apikey.create({ seller_client_id: 0, seller_api_key: input.ozon_key });
  })), 'no seller', null);
  expect(user.ozon.apikey.delete({ seller_client_id: 42 }).result.seller_client_id === 42, 'it is destroyed', null);
  expect(user.ozon.apikey.read().result.length === 0, 'none is left', null);

  dataset.create({ name: 'stocks', values: rows });
  expect(dataset.delete({ name: 'stocks' }).result === 0, 'no rows are left', null);
  read = dataset.read({ name: 'stocks' }).result;
  expect((read.result || read).length === 0, 'the rows are gone', read);
  expect(user.wb.token.delete().result.is_active === false, 'the token is destroyed', null);
  expect(user.wb.token.read().result.length === 0, 'and not there', null);
  expect(/not support/.test(refused(function () { api.call('post', '/actions', {}); })), 'what is not there is said so', null);
  expect(user.update({ is_active: false }).result.is_active === false, 'the person is switched off', null);
  return user.read().result;
}
