package prove

import (
	"slices"

	"callflow/engine"
)

// use is one place of a state that reads variables.
type use struct {
	place string // "the prompt", "the body": as a message names it
	names []string
	// spoken text is not filled in once the caller has gone.
	spoken bool
}

// uses are the places of a state that read variables, in the order of the
// state's own fields. Operands that name a secret are not among them: secrets
// lists those.
func uses(k engine.Kind) []use {
	var u []use
	add := func(place string, spoken bool, names []string) {
		if len(names) > 0 {
			u = append(u, use{place, names, spoken})
		}
	}
	text := func(place string, t engine.Text) { add(place, true, namesOfText(t)) }
	ask := func(a *engine.Asking) {
		for _, p := range []struct {
			place  string
			prompt engine.Prompt
		}{{"the prompt", a.Prompt}, {"the words after silence", a.NoInputText}, {"the words after a mistake", a.NoMatchText}} {
			for _, t := range p.prompt {
				text(p.place, t)
			}
		}
	}
	fetch := func(f *engine.FetchSpec) {
		add("the path", false, f.Path.Names())
		for _, q := range f.Query {
			add("the query", false, q.Value.Names())
		}
		for _, h := range f.Headers {
			add("the headers", false, h.Value.Names())
		}
		if f.Body != nil {
			add("the body", false, f.Body.Names())
		}
	}
	switch k := k.(type) {
	case engine.MenuState:
		ask(&k.Asking)
		if k.Each != nil {
			add("the list", true, k.Each.List.Names())
			add("the words for an item", true, withoutLocals(namesOfText(k.Each.Say)))
			text("the words for more", k.Each.SayMore)
		}
	case engine.CollectState:
		ask(&k.Asking)
	case engine.ConfirmState:
		ask(&k.Asking)
	case engine.SayState:
		if k.Each != nil {
			add("the list", true, k.Each.Names())
			add("the words", true, withoutLocals(namesOfText(k.Text)))
		} else {
			text("the words", k.Text)
		}
	case engine.PlayState:
		text("the words", k.Text)
	case engine.HangupState:
		text("the words", k.Text)
	case engine.BranchState:
		for _, e := range k.When {
			add("a condition", false, e.Names())
		}
	case engine.LanguageState:
		add("what chooses the language", false, k.By.Names())
	case engine.SetState:
		for _, a := range k.Set {
			if a.List != nil {
				add("the items of "+a.Var, false, a.Names())
			} else {
				add("the value of "+a.Var, false, a.Value.Template.Names())
			}
		}
	case engine.SubflowState:
		for _, a := range k.Set {
			add("the parameter "+a.Var, false, a.Value.Template.Names())
		}
	case engine.ReturnState:
		for _, a := range k.With {
			add("the output "+a.Var, false, a.Value.Template.Names())
		}
	case engine.AuthenticateState:
		add("the account", false, k.Account.Template.Names())
		add("the PIN", false, k.PIN.Template.Names())
		text("the words after a refusal", k.Sorry)
	case engine.ChallengeState:
		add("the number", false, k.Number.Names())
	case engine.VerifyState:
		add("the code", false, k.Code.Template.Names())
		text("the words after a refusal", k.Sorry)
	case engine.IdentifyState:
		add("the number", false, k.Number.Names())
	case engine.RequestState:
		fetch(&k.Fetch)
	case engine.ActionState:
		if k.Callback != nil {
			add("the number to call", false, k.Callback.Number.Names())
			add("the time to call", false, k.Callback.At.Names())
		}
		fetch(&k.Fetch)
	case engine.QueueState:
		for _, t := range k.Say {
			add("the announcements", true, without(namesOfText(t), k.Var))
		}
	case engine.RecordState:
		text("the prompt", k.Prompt)
	case engine.ReplayState:
		add("the recording", true, []string{k.Var})
	case engine.TransferState:
		add("the number to call", false, k.To.Names())
		add("the number shown", false, k.From.Names())
		text("the words", k.Say)
		text("the words to whoever takes the call", k.Whisper)
		for _, c := range k.Context {
			add("what the other side is told", false, c.Value.Names())
		}
	}
	return u
}

// secrets are the secret variables that operands of a state name.
func secretsOf(k engine.Kind) []string {
	var names []string
	add := func(o engine.Operand) {
		if o.Secret != "" {
			names = append(names, o.Secret)
		}
	}
	switch k := k.(type) {
	case engine.SetState:
		for _, a := range k.Set {
			add(a.Value)
		}
	case engine.SubflowState:
		for _, a := range k.Set {
			add(a.Value)
		}
	case engine.ReturnState:
		for _, a := range k.With {
			add(a.Value)
		}
	case engine.AuthenticateState:
		add(k.Account)
		add(k.PIN)
	case engine.VerifyState:
		add(k.Code)
	}
	return names
}

// needs are the variables that must have a value before a state is entered, in
// a fixed order. A set may read what it has just set itself.
func needs(k engine.Kind, ending bool) []string {
	if ending && needsCaller(k) {
		return nil
	}
	var names []string
	add := func(more []string, but []string) {
		for _, n := range more {
			if !slices.Contains(names, n) && !slices.Contains(but, n) {
				names = append(names, n)
			}
		}
	}
	if set, ok := k.(engine.SetState); ok {
		var done []string
		for _, a := range set.Set {
			add(a.Names(), done)
			done = append(done, a.Var)
		}
		return names
	}
	for _, u := range uses(k) {
		if !u.spoken || !ending {
			add(u.names, nil)
		}
	}
	add(secretsOf(k), nil)
	return names
}

// writes are the variables that an outcome of a state gives a value to.
func writes(k engine.Kind, o engine.Outcome) []string {
	switch k := k.(type) {
	case engine.MenuState:
		if k.Each != nil {
			if o == engine.OutChosen {
				return []string{k.Var}
			}
			return nil
		}
		for _, option := range k.Options {
			if k.Var != "" && !option.NoValue && engine.OptionOutcome(option.Keys) == o {
				return []string{k.Var}
			}
		}
	case engine.CollectState:
		if o == engine.OutMatch {
			return []string{k.Var}
		}
	case engine.SetState:
		if o == engine.OutNext {
			names := make([]string, len(k.Set))
			for i, a := range k.Set {
				names[i] = a.Var
			}
			return names
		}
	case engine.SubflowState:
		if o == engine.OutNext {
			names := make([]string, len(k.Set))
			for i, a := range k.Set {
				names[i] = k.Site + "." + a.Var
			}
			return names
		}
	case engine.AuthenticateState:
		if o == engine.OutAuthenticated {
			return []string{callerName}
		}
	case engine.VerifyState:
		switch o {
		case engine.OutVerified:
			return []string{phoneName}
		case engine.OutAuthenticated:
			return []string{callerName, phoneName}
		}
	case engine.ChallengeState:
		if o == engine.OutSent {
			return []string{k.Var}
		}
	case engine.IdentifyState:
		switch o {
		case engine.OutOne, engine.OutMany, engine.OutNone:
			return []string{k.Var}
		}
	case engine.RequestState:
		if o == engine.OutOK {
			return []string{k.Var}
		}
	case engine.QueueState:
		return []string{k.Var}
	case engine.RecordState:
		if o == engine.OutRecorded {
			return []string{k.Var}
		}
	case engine.ActionState:
		if o == engine.OutDone {
			return []string{k.Var}
		}
	}
	return nil
}

// The names that every flow has: what is known of the call from its start, and
// who was proved by a sign-in.
const (
	callName   = "call"
	callerName = "caller"
	phoneName  = engine.PhoneName
)

// withoutLocals leaves out the names that stand for an item of a list.
func withoutLocals(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return n == engine.LocalItem || n == engine.LocalKey || n == engine.LocalPosition
	})
}

func namesOfText(t engine.Text) []string {
	var names []string
	for _, template := range t {
		names = append(names, template.Names()...)
	}
	if len(t) < 2 {
		return names
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// without is names without one of them.
func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}
