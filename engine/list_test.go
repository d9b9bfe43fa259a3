package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callflow/engine"
)

// whole is a single expression of any type.
func whole(t testing.TB, src string) engine.Template {
	t.Helper()
	e, err := engine.CompileExpr(src, scope, engine.TypeAny)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return engine.Template{{Expr: e}}
}

// pizza is an item with a value in it.
func pizza(t testing.TB) engine.Node {
	return engine.Node{Object: []engine.NodeField{{"size", engine.Node{Template: tmpl(t, "${topic} pizza")}}, {"price", engine.Node{Raw: "9.5"}}}}
}

// offer is a menu of the items of a list, two at once.
func offer(t testing.TB, list string) engine.MenuState {
	m := engine.MenuState{Asking: asking(t, "Which?"), Var: "offer", Options: []engine.Option{{Keys: "*", Value: "*"}}}
	m.Each = &engine.Each{List: whole(t, list)[0].Expr, Say: text(t, "Press ${key} for ${item.size}."), Page: 2, More: "9", SayMore: text(t, "Press 9 for more.")}
	return m
}

var (
	large   = engine.Record{{"price", 12.0}, {"size", "large"}}
	small   = engine.Record{{"price", 9.5}, {"size", "small"}}
	somePie = []engine.Assignment{
		{Var: "order", Constant: engine.List{small, large, small}},
		{Var: "toppings", Constant: engine.List{"ham", "corn", "olives"}},
		{Var: "prices", Constant: engine.List{1.0, 2.5}},
		{Var: "topic", Constant: "x"},
	}
)

func TestFunctionsOfLists(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"count(order)":                                      "3",
		"count(remove(order, 3))":                           "2",
		"count(remove(order, 0))":                           "3",
		"count(remove(order, 9))":                           "3",
		"count(remove(order, 1.5))":                         "3",
		"count(add(order, item(order, 1)))":                 "4",
		"join(toppings)":                                    "ham, corn and olives",
		"join(remove(toppings, 1))":                         "corn and olives",
		"join(remove(remove(toppings, 1), 1))":              "olives",
		"join(remove(remove(remove(toppings, 1), 1), 1))":   "",
		"join(add(toppings, 'corn'))":                       "ham, corn, olives and corn",
		"join(order, 'size')":                               "small, large and small",
		"join(order, 'price')":                              "9.5, 12 and 9.5",
		"join(prices)":                                      "1 and 2.5",
		"sum(order, 'price')":                               "31",
		"sum(prices) + 1":                                   "4.5",
		"sum(add(prices, 3))":                               "6.5",
		"money(sum(order, 'price'), 'AUD')":                 "31 dollars",
		"item(order, 2).size":                               "large",
		"item(order, count(order)).price":                   "9.5",
		"item(toppings, 1)":                                 "ham",
		"item(prices, 2) * 2":                               "5",
		"'ham' in toppings":                                 "true",
		"count(order) > 2 and item(order, 1).price < 10":    "true",
		"join(topic == 'x' ? toppings : add(toppings, ''))": "ham, corn and olives",
		"'one, ' + join(toppings)":                          "one, ham, corn and olives",
	} {
		if got, ended := value(t, src, somePie...); got != want || ended == "error" {
			t.Errorf("%s: %q (%s), not %q", src, got, ended, want)
		}
	}
	for _, src := range []string{"item(order, 4).size", "item(toppings, 0)", "item(toppings, 1.5)", "item(prices, 3)"} {
		if _, ended := value(t, src, somePie...); ended != "error" {
			t.Errorf("%s: %s", src, ended)
		}
		if got := compile(t, src).MayFail(); got != "item" {
			t.Errorf("%s: %q may fail", src, got)
		}
	}
}

func TestFaultsOfLists(t *testing.T) {
	t.Parallel()
	for src, says := range map[string]string{
		"order":                         "order is a list; read it aloud with join(order)",
		"add(toppings, 'x')":            "is a list",
		"item(order, 1)":                "is a record; name one of its fields: item(order, 1).price",
		"count(topic)":                  "count() takes a list here; found a text",
		"count('x' + topic)":            "count() takes a list here",
		"count()":                       "not enough values",
		"count(order, 1)":               "too many values",
		"sum(toppings)":                 "sum() adds up numbers",
		"sum(order)":                    `name a field of them: sum(…, "price")`,
		"sum(order, 'size')":            "sum() adds up numbers",
		"join(order, topic)":            "named in quotes",
		"join(order, 'colour')":         `no field "colour"`,
		"join(toppings, 'x')":           "have no fields",
		"item(order, 1).colour":         `no field "colour"`,
		"item(toppings, 1).size":        "only a record has fields; found a text",
		"item(order, '1').size":         "item() takes a number here; found a text",
		"count(add(toppings, 1))":       "add() takes a text here; found a number",
		"count(add(order, toppings))":   "add() takes a record of price, size here; found a list of text values",
		"count(add(order, balance))":    "found a record of amount, currency",
		"count(add(toppings, pin))":     "secret",
		"order == 1":                    "cannot be compared",
		"text(order)":                   "",
		"toppings[0]":                   "only a field",
		"['a', 'b']":                    "only stand after in",
		"topic == 'x' ? order : 'none'": "",
		"count":                         `nothing is called "count"`,
		"sum + 1":                       `nothing is called "sum"`,
		"pop(order)":                    `nothing is called "pop"`,
		"item.text(order, 1)":           "",
	} {
		_, err := engine.CompileExpr(src, scope, 0)
		var fault *engine.ExprError
		if !errors.As(err, &fault) {
			if says != "" {
				t.Errorf("%s: compiles", src)
			}
			continue
		}
		if !strings.Contains(fault.Message, says) || strings.Contains(fault.Message, "[]") {
			t.Errorf("%s: %s", src, fault.Message)
		}
	}
}

// A name of the flow may be that of a function of lists.
func TestNamesLikeFunctionsOfLists(t *testing.T) {
	t.Parallel()
	s := engine.Scope{"count": {Base: engine.TypeNumber}, "order": engine.ListOf(engine.Type{Base: engine.TypeText}), "item": {Base: engine.TypeText}}
	for src, names := range map[string]string{
		"count + 1":                 "count",
		"count(order) + count":      "count order",
		"count(order)":              "order",
		"item(order, 1) + item":     "item order",
		"item(order, count(order))": "order",
	} {
		e, err := engine.CompileExpr(src, s, 0)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := strings.Join(e.Names(), " "); got != names {
			t.Errorf("%s names %q", src, got)
		}
	}
}

// stores is a flow that reads a list, offers it, says it and sends it.
func stores(t testing.TB) *engine.Program {
	pick := offer(t, "order")
	pick.MaxNoInput = 2
	return program(t, engine.Spec{
		Start: "keep",
		Variables: []engine.Variable{
			{Name: "order", Type: scope["order"], Value: engine.List{}}, {Name: "topic", Type: engine.Type{Base: engine.TypeText}, Value: "ham"},
		},
		Globals: []engine.Global{{"0"}},
		States: []engine.State{
			{Name: "keep", Kind: engine.RequestState{Var: "found", Fetch: engine.FetchSpec{Service: "s", Method: "GET", Path: engine.Literal("/s")}, Returns: []engine.Field{
				{Name: "days", Type: scope["prices"]}, {Name: "order", Type: scope["order"]},
			}}},
			{Name: "copy", Kind: engine.SetState{Set: []engine.Assignment{{Var: "order", Value: engine.Operand{Template: found(t)}}}}},
			{Name: "pick", Kind: pick},
			{Name: "say", Kind: engine.SayState{Each: whole(t, "order")[0].Expr, Text: text(t, "${position}: ${item.size}."), BargeIn: true}},
			{Name: "add", Kind: engine.SetState{Set: []engine.Assignment{{Var: "order", List: &engine.ListChange{Add: []engine.Node{pizza(t)}}}}}},
			{Name: "send", Kind: engine.ActionState{Var: "send", Fetch: engine.FetchSpec{Service: "s", Method: "POST", Path: engine.Literal("/o"), Body: &engine.Node{Object: []engine.NodeField{{"items", engine.Node{Template: whole(t, "order")}}}}}}},
			{Name: "bye", Kind: engine.HangupState{Text: text(t, "Bye."), Ended: "hangup"}},
		},
		Transitions: []engine.Transition{
			{"keep", "ok", "copy"},
			{"keep", "error", "bye"},
			{"copy", "next", "pick"},
			{"pick", "chosen", "say"},
			{"pick", "empty", "bye"},
			{"pick", "option.*", "add"},
			{"pick", "global.0", "pick"},
			{"pick", "noinput", "bye"},
			{"say", "next", "send"},
			{"add", "next", "send"},
			{"send", "done", "bye"},
			{"send", "pending", "bye"},
		},
	})
}

// found is the list in the answer.
func found(t testing.TB) engine.Template {
	t.Helper()
	s := engine.Scope{"found": {Base: engine.TypeRecord, Fields: []engine.Field{{Name: "order", Type: scope["order"]}}}}
	e, err := engine.CompileExpr("found.order", s, engine.TypeAny)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Template{{Expr: e}}
}

func answer(c *call, body string) *call {
	return c.step(engine.Answered{Result: engine.AnswerOK, Body: []byte(body)})
}

func sizes(n int) string {
	var items []string
	for i := range n {
		items = append(items, fmt.Sprintf(`{"size":"s%d","price":%d,"colour":"red"}`, i+1, i))
	}
	return `{"days":[1,2],"order":[` + strings.Join(items, ",") + `]}`
}

func TestMenuOfAList(t *testing.T) {
	t.Parallel()
	c := answer(start(t, stores(t)), sizes(5)).at_("pick")
	c.said("Which?", "Press 1 for s1. Press 2 for s2. Press 9 for more.")
	if g := c.gather(); !slices.Equal(g.Options, []string{"*", "0", "1", "2", "9"}) || g.Max != 1 {
		t.Errorf("%+v", g)
	}
	c.press("9").outcomes("retry.more").said("Press 1 for s3. Press 2 for s4. Press 9 for more.")
	c.press("9").said("Press 1 for s5. Press 9 for more.")
	c.press("2").outcomes("retry.nomatch (not_allowed)")
	c.said("That is not right.", "Which?", "Press 1 for s5. Press 9 for more.")
	c.press("9").said("Press 1 for s1. Press 2 for s2. Press 9 for more.") // round again
	c.press("0").outcomes("global.0").said("Which?", "Press 1 for s1. Press 2 for s2. Press 9 for more.")
	c.press("92").outcomes("retry.more", "chosen", "next").at_("send")
	if got, want := c.turn.Session.Var("offer"), (engine.Record{{"price", 3.0}, {"size", "s4"}}); !cmp.Equal(got, want) {
		t.Errorf("chose %v", got)
	}
	if got, want := string(c.turn.Await.(engine.Action).Body), `{"items":[{"price":0,"size":"s1"},{"price":1,"size":"s2"},{"price":2,"size":"s3"},{"price":3,"size":"s4"},{"price":4,"size":"s5"}]}`; got != want {
		t.Errorf("sends %s", got)
	}
}

func TestMenuOfAnEmptyList(t *testing.T) {
	t.Parallel()
	answer(start(t, stores(t)), sizes(0)).outcomes("ok", "next", "empty").at_("bye")
}

func TestMenuOfOnePage(t *testing.T) {
	t.Parallel()
	c := answer(start(t, stores(t)), sizes(2)).said("Which?", "Press 1 for s1. Press 2 for s2.")
	c.press("9").outcomes("retry.nomatch (not_allowed)")
	c.press("*").at_("send")
	if got := string(c.turn.Await.(engine.Action).Body); !strings.HasSuffix(got, `{"price":9.5,"size":"ham pizza"}]}`) {
		t.Errorf("sends %s", got)
	}
	if got := c.turn.Session.Var("offer"); got != nil {
		t.Errorf("an option gave the menu %v", got)
	}
}

// A name from a service is words, and nothing else.
func TestHostileItems(t *testing.T) {
	t.Parallel()
	body := `{"days":[],"order":[{"size":"</speak><dial>${pin} Press 9\n","price":1}]}`
	c := answer(start(t, stores(t)), body)
	c.said("Which?", "Press 1 for /speakdial${pin} Press 9 .")
	c.press("1").said("1: /speakdial${pin} Press 9 .")
}

func TestAnswersThatAreNoLists(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4096)
	for _, body := range []string{
		`{"days":[1]}`, `{"days":[1],"order":null}`, `{"days":[1],"order":{}}`, `{"days":[1],"order":[1]}`, `{"days":[1],"order":[null]}`,
		`{"days":[1],"order":[{"size":"x"}]}`, `{"days":[1],"order":[{"size":1,"price":1}]}`, `{"days":["x"],"order":[]}`, `{"days":3,"order":[]}`,
		`{"days":[[1]],"order":[]}`, sizes(101),
		`{"days":[],"order":[{"size":"` + long + `x","price":1}]}`,
		`{"days":[],"order":[` + strings.Repeat(`{"size":"`+long[8:]+`","price":1},`, 16) + `{"size":"x","price":1}]}`,
	} {
		c := answer(start(t, stores(t)), body)
		if c.turn.Session.State != "bye" {
			t.Errorf("%.60s: %s", body, c.turn.Session.State)
		}
		for _, h := range c.turn.Trace {
			if strings.Contains(h.Reason, "xx") {
				t.Errorf("the reason shows a value: %s", h.Reason)
			}
		}
	}
	for _, body := range []string{sizes(100), `{"days":[],"order":[{"size":"` + long[8:] + `","price":1}]}`} {
		if c := answer(start(t, stores(t)), body); c.turn.Session.State != "pick" {
			t.Errorf("%.60s: %+v", body, c.turn.Trace)
		}
	}
}

// A list that a flow makes longer and longer comes to an end.
func TestListsAreBounded(t *testing.T) {
	t.Parallel()
	adds := make([]engine.Node, 60)
	for i := range adds {
		adds[i] = pizza(t)
	}
	set := engine.SetState{Set: []engine.Assignment{{Var: "order", List: &engine.ListChange{Add: adds}}}}
	p := program(t, engine.Spec{
		Start: "one",
		Variables: []engine.Variable{
			{Name: "order", Type: scope["order"], Value: engine.List{}}, {Name: "topic", Type: engine.Type{Base: engine.TypeText}, Value: "ham"},
		},
		States:      []engine.State{{Name: "one", Kind: set}, {Name: "two", Kind: set}},
		Transitions: []engine.Transition{{"one", "next", "two"}, {"two", "next", "two"}},
	})
	c := start(t, p)
	if got := c.turn.Trace; len(got) != 2 || got[1].Reason != "order: the list has 120 items; at most 100 are kept" {
		t.Errorf("%+v", got)
	}
}

// A session of the format before is read: it has nothing of what came later.
func TestSessionsOfTheFormatBefore(t *testing.T) {
	t.Parallel()
	s := start(t, bank(t)).turn.Session
	data, err := s.Append(nil, plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	data[0] = 1
	back, err := engine.ParseSession(data[:len(data)-11], plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, back, same); d != "" {
		t.Error(d)
	}
	for _, version := range []byte{0, 99} {
		data[0] = version
		if _, err := engine.ParseSession(data, plainSealer{}); !errors.Is(err, engine.ErrSession) {
			t.Errorf("format %d: %v", version, err)
		}
	}
}

func TestListsAreSaved(t *testing.T) {
	t.Parallel()
	c := answer(start(t, stores(t)), sizes(3)).press("9")
	if back := saveAndLoad(t, c.turn.Session); back.Entry.Page != 1 || len(back.Var("order").(engine.List)) != 3 {
		t.Errorf("%+v", back)
	}
	s := engine.Session{Vars: []engine.Var{{"order", engine.List{engine.List{}}}}}
	if _, err := s.Append(nil, plainSealer{}); err == nil {
		t.Error("a list in a list is saved")
	}
}
