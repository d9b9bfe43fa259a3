// Package fake is an Auth0 tenant for tests and for trying things out: it answers
// what the adapter beside it asks, over HTTP, as a real tenant does.
//
//	t, err := fake.New(fake.Config{Users: users})
//	srv := httptest.NewTLSServer(t)
//
// PINs are compared, tokens are signed (RS256, with keys that rotate) and demanded
// back, the search understands quotes, types and lag, ten wrong PINs block a user,
// errors have Auth0's status and shape, and every answer carries its headers about
// rates. Faults make it slow, refuse, break off, or lie:
//
//	f, err := fake.ParseFault("login=wrong-key*2")
//	t.Script(f)
//
// It is no tenant to keep anything in: PINs may stand in its users in clear, and
// whoever reaches it can change it, under /fake/. Let it listen on loopback only.
package fake
