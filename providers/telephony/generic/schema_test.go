package generic

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"callflow/engine"
	"callflow/providers/telephony"
	"callflow/providers/telephony/codectest"
)

// compile compiles a schema, or a definition of it.
func compile(t *testing.T, schema, definition string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(t *testing.T, s *jsonschema.Schema, body string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return s.Validate(doc)
}

func TestSchemasAreDraft07(t *testing.T) {
	for _, s := range []string{RequestSchema(), ReplySchema()} {
		if !strings.Contains(s, `"$schema": "http://json-schema.org/draft-07/schema#"`) {
			t.Errorf("%.200s", s)
		}
		compile(t, s, "")
	}
}

// TestRequestSchema: what the schema allows and what Decode accepts are the same,
// for every body of the table and every way to spoil one of its members.
func TestRequestSchema(t *testing.T) {
	whole := compile(t, RequestSchema(), "")
	parts := map[telephony.Route]*jsonschema.Schema{}
	for _, route := range []telephony.Route{telephony.RouteStart, telephony.RouteTurn, telephony.RouteNotice} {
		parts[route] = compile(t, RequestSchema(), "#/definitions/"+string(route))
	}
	codec := newCodec(t, Config{Unsigned: true})
	accepted, refused := 0, 0
	check := func(route telephony.Route, body string) {
		t.Helper()
		_, decoded := codec.Decode(telephony.Request{Route: route, Body: []byte(body)})
		allowed := validate(t, parts[route], body)
		if (decoded == nil) != (allowed == nil) {
			t.Errorf("%s %.200s:\nDecode says %v\nthe schema says %v", route, body, decoded, allowed)
		}
		if decoded == nil {
			accepted++
			if err := validate(t, whole, body); err != nil {
				t.Errorf("%s %.200s: the whole schema says %v", route, body, err)
			}
		} else {
			refused++
		}
	}
	spoilt := []string{`null`, `true`, `7`, `""`, `"x"`, `[]`, `{}`, `"1"`, `"caller"`, `"en"`, `"digits"`, `"call_ended"`}
	for _, b := range bodies {
		check(b.route, b.body)
		for _, value := range members(b.body) {
			for _, s := range spoilt {
				check(b.route, strings.Replace(b.body, value, s, 1))
			}
		}
	}
	if accepted < 100 || refused < 500 {
		t.Errorf("%d bodies were accepted and %d refused: too few to mean something", accepted, refused)
	}
}

// members are the string values of a body, as they are written.
func members(body string) []string {
	var values []string
	for rest := body; ; {
		i := strings.Index(rest, `:"`)
		if i < 0 {
			return values
		}
		rest = rest[i+1:]
		end := strings.IndexByte(rest[1:], '"') + 2
		values = append(values, rest[:end])
		rest = rest[end:]
	}
}

func TestReplySchema(t *testing.T) {
	schema := compile(t, ReplySchema(), "")
	codec := newCodec(t, Config{Unsigned: true})
	n := 0
	check := func(name string, o telephony.Outbound) {
		t.Helper()
		reply, err := codec.Encode(o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		n++
		if err := validate(t, schema, string(reply.Body)); err != nil {
			t.Errorf("%s: %s: %v", name, reply.Body, err)
		}
	}
	for _, o := range codectest.Families() {
		check(o.Name, o.Out)
		for _, text := range codectest.Hostile() {
			o := o.Out
			o.Apology.Text = text
			o.Verbs = append([]engine.Verb{engine.Say{Text: text, Lang: text, Voice: text}}, o.Verbs...)
			check(text, o)
		}
	}
	if n < 100 {
		t.Errorf("only %d replies", n)
	}
	// The schema can refuse, too.
	for _, body := range []string{
		`{}`,
		`{"verbs":{}}`,
		`{"verbs":[{"verb":"play"}]}`,
		`{"verbs":[{"verb":"say"}]}`,
		`{"verbs":[{"verb":"hangup","colour":"red"}]}`,
		`{"verbs":[{"verb":"gather","prompts":[],"min_digits":1,"max_digits":1,"secret":false,"flush":false,"barge_in":true}]}`,
		`{"verbs":[{"verb":"pause","length_ms":1.5}]}`,
		`{"verbs":[],"extra":1}`,
	} {
		if validate(t, schema, body) == nil {
			t.Errorf("%s is allowed", body)
		}
	}
}
