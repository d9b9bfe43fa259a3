package lockout

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"callflow/engine"
)

// Kind is what attempts are counted by.
type Kind string

// The kinds.
const (
	Account Kind = "account"
	Number  Kind = "number"
	Trunk   Kind = "trunk"
	// Caller is an account together with a number it was signed in to from.
	Caller Kind = "caller"
	// known remembers that it was; nothing is counted.
	known Kind = "known"
)

// prefix is before all keys of this package in the store.
const prefix = "lockout/"

// ID names what is counted without telling who it is: "account/" and 32
// hexadecimal digits.
type ID string

// hashDigits is how many digits an ID has; a caller's first half is the account's.
const hashDigits = 32

// ParseID reads an ID as Lockout.List shows it.
func ParseID(s string) (ID, bool) {
	id := ID(s)
	_, hash, _ := strings.Cut(s, "/")
	raw, err := hex.DecodeString(hash)
	if err != nil || len(raw) != hashDigits/2 || hash != strings.ToLower(hash) {
		return "", false
	}
	switch id.Kind() {
	case Account, Number, Trunk, Caller:
		return id, true
	}
	return "", false
}

// Of tells whether id counts attempts at an account: whoever makes them, or callers
// who have signed in to it.
func (id ID) Of(account ID) bool {
	return id == account || id.Kind() == Caller && account.Kind() == Account && id.half() == account.half()
}

// half is the first half of an ID's digits.
func (id ID) half() string {
	_, hash, _ := strings.Cut(string(id), "/")
	return hash[:min(len(hash), hashDigits/2)]
}

// Kind is the word before the slash.
func (id ID) Kind() Kind {
	kind, _, _ := strings.Cut(string(id), "/")
	return Kind(kind)
}

func (id ID) key() string { return prefix + string(id) }

// Hasher makes IDs.
type Hasher struct{ key []byte }

// NewHasher returns the Hasher of a Lockout with that key.
func NewHasher(key []byte) Hasher { return Hasher{key} }

// Fingerprint tells Hashers of different keys apart, and nothing of the key.
func (h Hasher) Fingerprint() string { return string(h.id("fingerprint")) }

// id is the keyed hash of a kind and its parts. Each part is hashed behind its
// length, so that no two lists of parts are one text.
func (h Hasher) id(kind Kind, parts ...string) ID {
	mac := hmac.New(sha256.New, h.key)
	for _, p := range append([]string{string(kind)}, parts...) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		mac.Write(n[:])
		mac.Write([]byte(p))
	}
	return ID(string(kind) + "/" + hex.EncodeToString(mac.Sum(nil)[:16]))
}

// Account is the ID of an account as callers enter it.
func (h Hasher) Account(account string) ID { return h.id(Account, normalAccount(account)) }

// Number is the ID of a calling number; ok is false where it is withheld.
func (h Hasher) Number(number string) (id ID, ok bool) {
	n := normalNumber(number)
	return h.id(Number, n), n != ""
}

// Caller is the ID of an account together with a calling number. It begins as the
// account's does, so that an account's callers can be found among those who wait.
func (h Hasher) Caller(account, number string) ID {
	return ID(string(Caller) + "/" + h.Account(account).half() + h.id(Caller, normalAccount(account), normalNumber(number)).half())
}

func (h Hasher) known(account, number string) ID {
	return h.id(known, normalAccount(account), normalNumber(number))
}

// trunk is the platform's account that the call came through, else the number
// called.
func (h Hasher) trunk(a engine.Authenticate) ID {
	if a.Trunk != "" {
		return h.id(Trunk, "platform", a.Trunk)
	}
	return h.id(Trunk, "called", normalNumber(a.To))
}

func normalAccount(account string) string { return strings.ToLower(strings.TrimSpace(account)) }

// withheld are the words that stand for no number.
var withheld = [...]string{
	"", "anonymous", "anon", "blocked", "none", "null", "private", "restricted", "unavailable", "undefined", "unknown", "withheld",
	"266696687", // "anonymous" on a keypad, which some carriers send
}

// normalNumber is a calling number as it is counted, however a platform writes it:
// "+61 2 5550-0123" and "sip:61255500123@host" are one. It is empty for a number
// that is withheld.
func normalNumber(number string) string {
	n := strings.ToLower(strings.TrimSpace(number))
	for _, scheme := range [...]string{"sip:", "sips:", "tel:"} {
		n = strings.TrimPrefix(n, scheme)
	}
	n, _, _ = strings.Cut(n, "@")
	n, _, _ = strings.Cut(n, ";")
	n = strings.NewReplacer("+", "", " ", "", "-", "", ".", "", "(", "", ")", "").Replace(n)
	n = strings.TrimPrefix(n, "00")
	for _, w := range withheld {
		if n == w {
			return ""
		}
	}
	if strings.Trim(n, "0") == "" {
		return ""
	}
	return n
}
