package capture

import (
	"fmt"
	"reflect"
	"strings"

	"callflow/engine"
	"callflow/providers/telephony"
)

// meaning is what must stay of a hook for a flow to go the same way: which event it
// is, how it came about, and of texts and numbers whether there are any. keys is what
// counts as the keys that were pressed.
func meaning(in telephony.Inbound, token string, keys func(string) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %v %v %d %v %v %T", in.Route, token, in.Progress, in.Alarm != "", in.Part, in.Offered, in.Over, in.Event)
	for _, text := range []string{in.Call.ID, in.Call.From, in.Call.To, in.Call.Name} {
		fmt.Fprintf(&b, " %v", text != "")
	}
	if isWithheld(in.Call.From) {
		fmt.Fprintf(&b, " %q", in.Call.From)
	}
	if in.Event != nil {
		tell(&b, reflect.ValueOf(in.Event), keys)
	}
	return b.String()
}

func tell(b *strings.Builder, v reflect.Value, keys func(string) string) {
	for i := range v.NumField() {
		f := v.Field(i)
		if secret, ok := f.Interface().(engine.Secret); ok {
			fmt.Fprintf(b, " %q", keys(secret.Reveal()))
			continue
		}
		switch {
		case f.Kind() == reflect.Struct:
			tell(b, f, keys)
		case f.Kind() == reflect.Bool, f.Kind() == reflect.String && f.Type() != reflect.TypeFor[string]():
			fmt.Fprintf(b, " %v", f)
		default:
			fmt.Fprintf(b, " %v", !f.IsZero())
		}
	}
}
