package newflow

import (
	"fmt"
	"strings"

	"callflow/flows/format"
)

// Template is a kind of line to begin with.
type Template struct {
	Name, Doc string
	states    string
	test      string
	users     string // who can sign in, where anybody can
}

// File is a file of a new flow.
type File struct {
	Name string
	Text []byte
}

// Languages are those that flows can be begun in.
func Languages() []string { return []string{"en", "es"} }

// Templates are what a flow can begin as. @{English|Spanish} is a text in the
// languages that are chosen.
func Templates() []Template {
	return []Template{
		{
			Name: "menu", Doc: "a menu with three choices",
			states: `start: main
states:
  main:
    menu:
      prompt: @{Press 1 for our address, 2 for our hours, or 9 to finish.|Oprima 1 para la dirección, 2 para el horario, o 9 para terminar.}
      options: { 1: address, 2: hours_told, 9: bye }
  address:
    say: @{We are at 1 Main Street.|Estamos en la calle Mayor 1.}
    next: main
  hours_told:
    say: @{We are open from nine to five.|Abrimos de nueve a cinco.}
    next: main
  bye: { hangup: { say: @{Goodbye.|Adiós.} } }
`,
			test: `      - at: main
      - press: 1
      - at: main
      - press: 2
      - at: main
      - press: 9
      - hear: "@{Goodbye|Adiós}"
      - ended: hangup
`,
		},
		{
			Name: "pin", Doc: "a line that asks for an account number and a PIN",
			users: `# Who can sign in. "callflow users hash" makes the hash of a PIN; this one is 1234.
- account: 12345
  pin: $argon2id$v=19$m=19456,t=2,p=1$OUV6UP3QzKrVkjagPRLxeg$g1V0KXibcAX2+IaXnm09l25q1ms2+sbZuJfRavKlo2s
  greeting: Maria
`,
			states: `start: account
states:
  account:
    collect: { prompt: @{Please enter your five digit account number.|Marque los cinco dígitos de su cuenta.}, digits: 5 }
    next: pin
  pin:
    collect: { prompt: @{Please enter your four digit PIN.|Marque los cuatro dígitos de su clave.}, digits: 4, secret: true }
    next: sign_in
  sign_in:
    authenticate: { account: "${account}", pin: "${pin}", attempts: 3, retry: pin, sorry: @{That does not match.|No coincide.} }
    next: { authenticated: welcome, denied: refused, unavailable: trouble }
  welcome:
    requires: authenticated
    hangup: { say: @{You are signed in. Goodbye.|Ha entrado. Adiós.} }
  refused: { hangup: { say: @{That account number and PIN do not match. Goodbye.|La cuenta y la clave no coinciden. Adiós.} } }
  trouble: { hangup: { say: @{Please call again later.|Llame más tarde.} } }
`,
			test: `      - press: "12345"
      - press: "1234"
      - hear: "@{You are signed in|Ha entrado}"
      - ended: hangup
`,
		},
		{
			Name: "survey", Doc: "two questions, and thanks",
			states: `start: rating
states:
  rating:
    collect: { prompt: @{Please rate us from 1 to 5.|Califíquenos del 1 al 5.}, digits: 1, pattern: "[1-5]" }
    next: again
  again:
    confirm: { prompt: @{"Would you call again? Press 1 for yes, or 2 for no."|"¿Volvería a llamar? Oprima 1 para sí, o 2 para no."} }
    next: { yes: thanks, no: sorry }
  thanks: { hangup: { say: @{Thank you. Goodbye.|Gracias. Adiós.} } }
  sorry: { hangup: { say: @{Thank you. We will do better.|Gracias. Mejoraremos.} } }
`,
			test: `      - press: 5
      - at: again
      - press: 1
      - hear: "@{Thank you|Gracias}"
      - ended: hangup
`,
		},
	}
}

// Files are the files of a new flow of that name, which speaks these languages.
func (t Template) Files(name string, languages []string) ([]File, error) {
	flow := "callflow: 1\nflow: " + name + "\nlanguages: [" + strings.Join(languages, ", ") + "]\n" + spoken(t.states, languages)
	text, diags := format.Source("flow.yaml", []byte(flow))
	if diags.HasErrors() {
		return nil, fmt.Errorf("the template %s: %v", t.Name, diags)
	}
	var test strings.Builder
	test.WriteString("flow: flow.yaml\ntests:\n")
	for _, lang := range languages {
		fmt.Fprintf(&test, "  - name: a call in %s\n    call: { language: %s }\n    steps:\n%s", lang, lang, spoken(t.test, []string{lang}))
	}
	files := []File{{"flow.yaml", text}, {"flow_test.yaml", []byte(test.String())}}
	if t.users != "" {
		files = append(files, File{"users.yaml", []byte(t.users)})
	}
	return files, nil
}

// spoken fills texts in: one language's words alone, several by language.
func spoken(text string, languages []string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "@{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		words, after, _ := strings.Cut(rest, "}")
		text = after
		english, spanish, _ := strings.Cut(words, "|")
		by := map[string]string{"en": english, "es": spanish}
		quote := func(s string) string {
			if strings.HasPrefix(s, `"`) || strings.HasSuffix(b.String(), `"`) {
				return s
			}
			return `"` + s + `"`
		}
		if len(languages) == 1 {
			b.WriteString(quote(by[languages[0]]))
			continue
		}
		var all []string
		for _, lang := range languages {
			all = append(all, lang+": "+quote(by[lang]))
		}
		b.WriteString("{ " + strings.Join(all, ", ") + " }")
	}
}
