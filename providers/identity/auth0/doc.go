// Package auth0 signs callers in with Auth0: an account number and a PIN, entered
// on a keypad, are a user's identifier and password of a database connection.
//
//	p, err := auth0.New(auth0.Config{
//		Domain:       "example.eu.auth0.com",
//		ClientID:     "…",
//		ClientSecret: engine.NewSecret(os.Getenv("AUTH0_CLIENT_SECRET")),
//		Lookup:       auth0.LookupAppMetadata,
//	})
//	in, err := p.Authenticate(ctx, engine.Authenticate{Account: "12345", PIN: pin})
//
// New makes no connection: the server starts, and stays up, while Auth0 is down,
// and signs callers in as soon as it is back.
//
// # What counts as signed in
//
// All of these, and nothing less:
//
//  1. Auth0 answered the password grant with 200 and an ID token;
//  2. the token is signed with RS256 by a key that the tenant publishes, was made
//     by the tenant for our application, and has not expired;
//  3. it names the user who was looked up;
//  4. that user's profile, read by its id (which, unlike a search, never lags),
//     has the account number entered, and is not blocked.
//
// Wrong PINs, unknown accounts, accounts that several users share and users of
// another connection are denied, all alike; a look-up that finds nobody waits as
// long as a wrong PIN lately took. What is not an answer is an error, and an
// outage to the caller. One that somebody has to see to wraps
// runner.ErrCredentials or runner.ErrSetup. No error and no log line holds a PIN,
// a token, the client's secret or an account number.
//
// Counting wrong attempts is not this package's business, and Auth0 sees one
// address for all callers: whoever calls it must throttle.
package auth0
