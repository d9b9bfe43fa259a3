package fake_test

import "net/http"

// apart keeps no connections. The transport that package http has for everybody does, and
// a test server that closes ends all of them, in the middle of a request of another test.
var apart = &http.Transport{DisableKeepAlives: true}
