package engine

import (
	"encoding/xml"
	"strings"
	"testing"
)

// A value is text in SSML, whatever it holds.
func TestMarkUpEscapesValues(t *testing.T) {
	t.Parallel()
	e, err := CompileExpr("name", Scope{"name": Type{Base: TypeText}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	template := Template{
		{Markup: "<speak>"},
		{Literal: "Hello & "},
		{Expr: e},
		{Literal: " ", Markup: `<break time="1s"/>`},
		{Literal: "bye", Markup: `<sub alias="bye">b</sub>`},
		{Markup: "</speak>"},
	}
	for _, name := range []string{"Maria", `</speak><speak>`, `<audio src="https://evil.example.com/x.wav"/>`, "&lt;break/&gt;", `a"b'c`, "two\nlines \x00", "]]>"} {
		s := Session{}
		s.set("name", name)
		text, ssml, err := template.markUp(&s, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(ssml))
		tags, said := 0, ""
		for {
			token, err := d.Token()
			if token == nil {
				if err != nil && err.Error() != "EOF" {
					t.Errorf("%q: %s: %v", name, ssml, err)
				}
				break
			}
			switch token := token.(type) {
			case xml.StartElement:
				tags++
			case xml.CharData:
				said += string(token)
			}
		}
		if tags != 3 {
			t.Errorf("%q: %d elements in %s", name, tags, ssml)
		}
		plain, _ := spoken(name)
		if want := "Hello & " + plain + "b"; said != want {
			t.Errorf("%q: says %q, want %q", name, said, want)
		}
		if want := strings.Join(strings.Fields("Hello & "+plain+" bye"), " "); text != want {
			t.Errorf("%q: says %q in plain text, want %q", name, text, want)
		}
	}
}
