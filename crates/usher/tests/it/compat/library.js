// A library in the manner of the legacy one: Bearer alone, JSON, and an answer is good when HTTP says 200.
var BtlzApi = (function () {
  function Client(base, token) {
    this.base = base;
    this.token = token;
  }

  Client.prototype.call = function (method, path, payload) {
    var options = {
      method: method,
      contentType: 'application/json',
      headers: { Authorization: 'Bearer ' + this.token },
      muteHttpExceptions: true
    };
    if (payload !== undefined) options.payload = JSON.stringify(payload);
    var response = UrlFetchApp.fetch(this.base + path, options);
    var text = response.getContentText();
    var data;
    try {
      data = JSON.parse(text);
    } catch (e) {
      throw new Error('not JSON: ' + text);
    }
    if (response.getResponseCode() !== 200) {
      throw new Error(data.message || ('HTTP ' + response.getResponseCode()));
    }
    return data;
  };

  Client.prototype.users = function () {
    var api = this;
    return {
      read: function (filters) { return api.call('post', '/admin/users/read', filters || {}); },
      create: function (user) { return api.call('post', '/admin/users', user); }
    };
  };

  Client.prototype.user = function (id) {
    var api = this;
    var root = '/admin/user/' + encodeURIComponent(id);
    function resource(path) {
      return {
        read: function (filters) {
          return filters ? api.call('post', path + '/read', filters) : api.call('get', path);
        },
        create: function (item) { return api.call('post', path, item); },
        update: function (item) { return api.call('patch', path, item); },
        delete: function (item) {
          return item ? api.call('post', path + '/delete', item) : api.call('delete', path);
        }
      };
    }
    var user = resource(root);
    user.spreadsheets = function () { return resource(root + '/spreadsheets'); };
    user.spreadsheet = function (sheet) {
      var path = root + '/spreadsheet/' + encodeURIComponent(sheet);
      var spreadsheet = resource(path);
      spreadsheet.dataset = resource(path + '/dataset');
      spreadsheet.datasets = resource(path + '/datasets');
      return spreadsheet;
    };
    user.wb = { token: resource(root + '/wb/token') };
    user.ozon = { apikey: resource(root + '/ozon/apikey') };
    return user;
  };

  Client.prototype.backendCompat = function () {
    var api = this;
    function post(path) {
      return function (body) { return api.call('post', path, body); };
    }
    return {
      register: post('/admin/spreadsheets/register'),
      tokensAdd: post('/admin/wb/tokens/add'),
      tokensList: post('/admin/wb/tokens/list'),
      tokenGet: post('/ss/wb/token/get'),
      datasetsUpdate: post('/ss/datasets/update'),
      datasetsData: post('/ss/datasets/data'),
      datasetsUpload: post('/ss/datasets/upload')
    };
  };

  return {
    client: function (base, token) { return new Client(base, token); }
  };
})();

function expect(holds, what, seen) {
  if (!holds) throw new Error(what + ', but ' + JSON.stringify(seen));
}

function refused(call) {
  try {
    call();
  } catch (e) {
    return e.message;
  }
  throw new Error('was not refused');
}
