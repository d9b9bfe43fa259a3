package candidates_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callflow/engine"
	"callflow/engine/runner"
	"callflow/providers/identity/candidates"
	"callflow/providers/phone"
	"callflow/providers/store/memory"
)

// live answers what a look-up as it is now would.
type live struct{ asked []string }

func (l *live) UsersByPhone(_ context.Context, number string, limit int) ([]runner.PhoneUser, error) {
	l.asked = append(l.asked, number)
	switch number {
	case "+61412000001":
		return []runner.PhoneUser{{ID: "9", Account: "999", Numbers: []runner.PhoneNumber{{Number: number, Kind: runner.PhonePasswordless}}}}, nil
	case "+61412000002": // who has another number by now
		return []runner.PhoneUser{{ID: "9", Account: "999", Numbers: []runner.PhoneNumber{{Number: "+61412000003", Kind: runner.PhonePasswordless}}}}, nil
	case "+61412000004":
		return nil, errors.New("down")
	}
	return nil, nil
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	store := memory.New()
	at := time.Unix(1_700_000_000, 0)
	number := func(n string, k runner.PhoneKind) []runner.PhoneNumber {
		return []runner.PhoneNumber{{Number: n, Kind: k}}
	}
	if _, err := store.PutUsers(t.Context(), []runner.PhoneUser{
		{ID: "1", Account: "12345", UpdatedAt: at, Numbers: number("+61412345678", runner.PhonePasswordless)},
		{ID: "2", Account: "222", UpdatedAt: at, Numbers: number("+61412345679", runner.PhoneIdentifier)},
		{ID: "3", Account: "111", UpdatedAt: at, Factors: []string{"+61412345679"}, FactorsAt: at},
		{ID: "4", UpdatedAt: at, Numbers: number("+61412345670", runner.PhoneIdentifier)},
		{ID: "5", Account: "555", UpdatedAt: at, Deleted: true, Numbers: number("+61412345671", runner.PhoneIdentifier)},
	}); err != nil {
		t.Fatal(err)
	}
	region, err := phone.ParseRegion("AU")
	if err != nil {
		t.Fatal(err)
	}
	one := []engine.Candidate{{Account: "12345", Kind: "passwordless"}}
	for name, c := range map[string]struct {
		number   string
		want     engine.Identification
		accounts []engine.Candidate
		live     bool
	}{
		"one account":            {"+61412345678", engine.IdentifiedOne, one, false},
		"as people write it":     {"0412 345 678", engine.IdentifiedOne, one, false},
		"as SIP has it":          {"sip:+61412345678@gw.example.com", engine.IdentifiedOne, one, false},
		"several, sorted":        {"+61412345679", engine.IdentifiedMany, []engine.Candidate{{Account: "111", Kind: "mfa"}, {Account: "222", Kind: "identifier"}}, false},
		"a user without account": {"+61412345670", engine.IdentifiedNone, nil, true},
		"a user who is gone":     {"+61412345671", engine.IdentifiedNone, nil, true},
		"nobody":                 {"+61412000000", engine.IdentifiedNone, nil, true},
		"known only now":         {"+61412000001", engine.IdentifiedOne, []engine.Candidate{{Account: "999", Kind: "passwordless"}}, true},
		"somebody else's":        {"+61412000002", engine.IdentifiedNone, nil, true},
		"withheld":               {"anonymous", engine.IdentifiedNone, nil, false},
		"nothing":                {"", engine.IdentifiedNone, nil, false},
		"too short for a number": {"12", engine.IdentifiedNone, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := &live{}
			f := &candidates.Finder{Users: store.UsersByPhone, Region: region, Live: now.UsersByPhone}
			got, err := f.Identify(t.Context(), engine.Identify{Number: c.number})
			if err != nil || got.Result != c.want {
				t.Fatalf("%+v, %v; want %s", got, err, c.want)
			}
			if d := cmp.Diff(c.accounts, got.Accounts); d != "" {
				t.Error(d)
			}
			if asked := len(now.asked) > 0; asked != c.live {
				t.Errorf("looked up as it is now: %v", now.asked)
			}
		})
	}
}

func TestIdentifyWithoutAnIndex(t *testing.T) {
	t.Parallel()
	f := &candidates.Finder{Users: func(context.Context, string, int) ([]runner.PhoneUser, error) { return nil, errors.New("down") }}
	if got, err := f.Identify(t.Context(), engine.Identify{Number: "+61412345678"}); err == nil || got.Result != engine.IdentifiedUnavailable {
		t.Errorf("%v, %v", got.Result, err)
	}
}

// Who cannot be looked up may be somebody: that is not nobody.
func TestIdentifyWhileDown(t *testing.T) {
	t.Parallel()
	nobody := func(context.Context, string, int) ([]runner.PhoneUser, error) { return nil, nil }
	f := &candidates.Finder{Users: nobody, Live: (&live{}).UsersByPhone}
	if got, err := f.Identify(t.Context(), engine.Identify{Number: "+61412000004"}); err == nil || got.Result != engine.IdentifiedUnavailable {
		t.Errorf("%v, %v", got.Result, err)
	}
}

// Agents are shown who has no account, too; the tenant is asked only where nobody is
// known.
func TestUsersByPhone(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	store, now := memory.New(), &live{}
	if _, err := store.PutUsers(t.Context(), []runner.PhoneUser{
		{ID: "4", UpdatedAt: at, Numbers: []runner.PhoneNumber{{Number: "+61412345670", Kind: runner.PhoneIdentifier}}},
	}); err != nil {
		t.Fatal(err)
	}
	f := &candidates.Finder{Users: store.UsersByPhone, Live: now.UsersByPhone}
	for number, want := range map[string]string{"+61412345670": "4", "+61412000001": "9", "+61412000000": ""} {
		users, err := f.UsersByPhone(t.Context(), number, 10)
		got := ""
		for _, u := range users {
			got += u.ID
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; expected %q", number, got, err, want)
		}
	}
	if _, err := f.UsersByPhone(t.Context(), "+61412000004", 10); err == nil || len(now.asked) != 3 {
		t.Errorf("%v, asked %q", err, now.asked)
	}
	f.Live = nil
	if users, err := f.UsersByPhone(t.Context(), "+61412000001", 10); err != nil || len(users) != 0 {
		t.Errorf("%v, %v", users, err)
	}
}
