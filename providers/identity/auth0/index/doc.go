// Package index fills the index of telephone numbers (runner.Phones) with the users
// of an Auth0 tenant, and keeps it current.
//
// A number can be three things to a user, which Auth0 keeps in three places: a
// passwordless number is the profile's phone_number of a user of an SMS connection,
// or of an identity linked to one; an identifier is the phone_number of a database
// user; a second factor stands in no profile at all and is read per user. A bulk
// export has the first two.
package index
