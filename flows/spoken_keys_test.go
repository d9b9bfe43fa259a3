package flows

import (
	"slices"
	"testing"
)

// The keys that prompts speak of are found in how people write prompts, and
// numbers that are no keys are left alone.
func TestKeysOfPrompts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, prompt string
		keys         []string
	}{
		{"en", "Press 1 for account balance, 2 for payments, or 9 to finish.", []string{"1", "2", "9"}},
		{"en", "For sales, press 1. For support, press 2.", []string{"1", "2"}},
		{"en", "Press one for sales or two for support.", []string{"1", "2"}},
		{"en", "Press 1 or 2.", []string{"1", "2"}},
		{"en", "Press the star key to go back; the pound key to go on.", []string{"*", "#"}},
		{"en", "To hear this again press *, otherwise press #.", []string{"*", "#"}},
		{"en", "Dial 10 for the desk, 11 for the kitchen.", []string{"10", "11"}},
		{"en", "Press *9 to park the call.", []string{"*9"}},
		{"en", "Please press any key within 5 seconds.", nil},
		{"en", "Enter the five digit animal number.", nil},
		{"en", "Press 1 to wait 5 minutes, 2 to leave.", []string{"1", "2"}},
		{"en", "You have 3 messages. Press 1 to listen.", []string{"1"}},
		{"en", "Your balance is ${money(a.b, \"AUD\")}, press 4.", []string{"4"}},
		{"en", "Press ${text(n)}, or 2.", nil},
		{"en", "Press 3 times.", nil},
		{"en", "Press the 1 key now.", []string{"1"}},
		{"en", "We close at 5.30, press 1.", []string{"1"}},
		{"en", "Welcome to 4 Corners, or 7 Hills.", nil},
		{"es", "Oprima 1 para reportar una muerte, 2 un nacimiento, 3 un tratamiento.", []string{"1", "2", "3"}},
		{"es", "Para ventas oprima 1, para soporte marque la tecla 2.", []string{"1", "2"}},
		{"es", "Pulse uno para ventas o dos para soporte.", []string{"1", "2"}},
		{"es", "Presione asterisco para repetir, o numeral para terminar.", []string{"*", "#"}},
		{"es", "Marque los cinco dígitos del animal.", nil},
		{"es", "Espere 5 segundos y oprima 2.", []string{"2"}},
	} {
		var keys []string
		for _, m := range keyReaders[c.lang].read(c.prompt) {
			keys = append(keys, m.keys)
			if word, _ := wordAt(c.prompt, m.at); word == "" {
				t.Errorf("%q: the key %s stands nowhere", c.prompt, m.keys)
			}
		}
		if !slices.Equal(keys, c.keys) {
			t.Errorf("%q speaks of %v; found %v", c.prompt, c.keys, keys)
		}
	}
}
