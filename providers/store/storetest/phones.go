package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callflow/engine/runner"
)

const number = "+61412345678"

// person is a user with one passwordless number, as of an instant.
func person(id string, at time.Time, numbers ...string) runner.PhoneUser {
	u := runner.PhoneUser{ID: id, Account: "a-" + id, Name: "name of " + id, UpdatedAt: at}
	for _, n := range numbers {
		u.Numbers = append(u.Numbers, runner.PhoneNumber{Number: n, Kind: runner.PhonePasswordless})
	}
	return u
}

// put saves users and checks how many changed.
func (e *env) put(changed int, users ...runner.PhoneUser) {
	e.Helper()
	n, err := e.PutUsers(e.ctx, users)
	e.ok(err)
	equal(e, "changed", n, changed)
}

// who checks who has a number.
func (e *env) who(number string, ids ...string) {
	e.Helper()
	users, err := e.UsersByPhone(e.ctx, number, 10)
	e.ok(err)
	var got []string
	for _, u := range users {
		got = append(got, u.ID)
	}
	equal(e, "users of "+number, strings.Join(got, " "), strings.Join(ids, " "))
}

var phoneTests = []test{
	{"nobody", func(e *env) {
		e.who(number)
		_, err := e.PhoneUser(e.ctx, "nobody")
		e.is(err, runner.ErrNotFound)
	}},
	{"the same once more is nothing new", func(e *env) {
		with := person("a", t0, number)
		with.Factors, with.FactorsAt = []string{"+15550100"}, t0
		e.put(1, with)
		e.put(0, with)
		with.Name = "another"
		e.put(1, with)
		with.Factors = nil
		e.put(1, with)
		e.who("+15550100")
		e.who(number, "a")
	}},
	{"several users of one number", func(e *env) {
		e.put(3, person("c", t0, number), person("a", t0, number, "+15550100"), person("b", t0, "+15550100"))
		e.who(number, "a", "c")
		e.who("+15550100", "a", "b")
		e.who("+6141234567") // no number is found by its beginning
		users, err := e.UsersByPhone(e.ctx, number, 1)
		e.ok(err)
		equal(e, "users", len(users), 1)
		equal(e, "account", users[0].Account, "a-a")
		equal(e, "name", users[0].Name, "name of a")
		e.at("updated", users[0].UpdatedAt, t0)
	}},
	{"the newest profile wins", func(e *env) {
		e.put(1, person("a", after(time.Minute), number))
		e.put(0, person("a", t0, "+15550100")) // late
		e.who(number, "a")
		e.who("+15550100")
		e.put(1, person("a", after(time.Minute), "+15550101")) // the same instant
		e.put(1, person("a", after(time.Hour), "+15550100"))
		e.who("+15550101")
		e.who("+15550100", "a")
		e.who(number)
	}},
	{"a deletion leaves a mark", func(e *env) {
		e.put(1, person("a", t0, number))
		e.put(1, runner.PhoneUser{ID: "a", UpdatedAt: after(time.Minute), Deleted: true})
		e.who(number)
		e.put(0, person("a", t0, number)) // a late duplicate
		e.who(number)
		u, err := e.PhoneUser(e.ctx, "a")
		e.ok(err)
		equal(e, "deleted", u.Deleted, true)
		equal(e, "name", u.Name, "")
		e.put(1, person("a", after(time.Hour), number)) // made again
		e.who(number, "a")
	}},
	{"second factors come by themselves", func(e *env) {
		e.put(1, runner.PhoneUser{ID: "a", Factors: []string{"+15550111"}, FactorsAt: t0})
		e.who("+15550111", "a")
		e.put(1, person("a", t0, number))
		e.who("+15550111", "a") // a profile says nothing of them
		e.who(number, "a")
		u, err := e.PhoneUser(e.ctx, "a")
		e.ok(err)
		equal(e, "kinds", fmt.Sprint(u.Kinds("+15550111"), u.Kinds(number), u.Kinds("+1")), "[mfa] [passwordless] []")
		e.put(0, runner.PhoneUser{ID: "a", Factors: []string{"+15550112"}, FactorsAt: after(-time.Minute)})
		e.put(1, runner.PhoneUser{ID: "a", FactorsAt: after(time.Minute)})
		e.who("+15550111")
		e.who(number, "a")
		// Of somebody who has been deleted nothing is left, whatever comes after.
		e.put(1, runner.PhoneUser{ID: "a", UpdatedAt: after(time.Hour), Deleted: true})
		e.put(1, runner.PhoneUser{ID: "a", Factors: []string{"+15550111"}, FactorsAt: after(time.Hour)})
		e.who("+15550111")
	}},
	{"a number that is both", func(e *env) {
		u := person("a", t0, number)
		u.Numbers = append(u.Numbers, runner.PhoneNumber{Number: number, Kind: runner.PhoneIdentifier})
		u.Factors, u.FactorsAt = []string{number}, t0
		e.put(1, u)
		e.who(number, "a")
		got, err := e.UsersByPhone(e.ctx, number, 10)
		e.ok(err)
		equal(e, "kinds", fmt.Sprint(got[0].Kinds(number)), "[passwordless identifier mfa]")
	}},
	{"all or none", func(e *env) {
		_, err := e.PutUsers(e.ctx, []runner.PhoneUser{person("a", t0, number), person("", t0, number)})
		if err == nil {
			e.Fatal("a user without an id was saved")
		}
		e.who(number)
	}},
	{"in order", func(e *env) {
		for _, id := range []string{"d", "b", "a", "c"} {
			e.put(1, person(id, t0, number))
		}
		e.put(1, runner.PhoneUser{ID: "b", UpdatedAt: after(time.Hour), Deleted: true})
		var ids []string
		for at := ""; ; {
			users, err := e.PhoneUsers(e.ctx, at, 3)
			e.ok(err)
			if len(users) == 0 {
				break
			}
			for _, u := range users {
				ids = append(ids, u.ID)
			}
			at = ids[len(ids)-1]
		}
		equal(e, "ids", strings.Join(ids, ""), "abcd")
	}},
	{"marks", func(e *env) {
		_, err := e.Marked(e.ctx, "import")
		e.is(err, runner.ErrNotFound)
		value := []byte("line 5")
		e.ok(e.Mark(e.ctx, "import", value))
		clear(value)
		got, err := e.Marked(e.ctx, "import")
		e.ok(err)
		e.same("mark", got, "line 5")
		e.ok(e.Mark(e.ctx, "import", nil))
		_, err = e.Marked(e.ctx, "import")
		e.is(err, runner.ErrNotFound)
	}},
	{"what it returns is a copy", func(e *env) {
		u := person("a", t0, number)
		u.Factors, u.FactorsAt = []string{"+15550111"}, t0
		e.put(1, u)
		clear(u.Numbers)
		clear(u.Factors)
		for range 2 {
			got, err := e.PhoneUser(e.ctx, "a")
			e.ok(err)
			equal(e, "phones", strings.Join(got.Phones(), " "), "+15550111 "+number)
			clear(got.Numbers)
			clear(got.Factors)
		}
	}},
	{"expiry leaves it", func(e *env) {
		e.put(1, person("a", t0, number))
		e.expire(after(100_000 * time.Hour))
		e.who(number, "a")
	}},
	{"many", func(e *env) {
		var users []runner.PhoneUser
		for i := range 500 {
			users = append(users, person(fmt.Sprintf("u%03d", i), t0, fmt.Sprintf("+1555%07d", i%50)))
		}
		for part := range slices.Chunk(users, 100) {
			e.put(100, part...)
		}
		e.put(0, person("u007", after(-time.Second)))
		found, err := e.UsersByPhone(e.ctx, "+15550000007", 100)
		e.ok(err)
		equal(e, "users", len(found), 10)
	}},
}
