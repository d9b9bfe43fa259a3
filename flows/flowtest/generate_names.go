package flowtest

import (
	"strings"

	"callflow/engine"
	"callflow/flows/prove"
)

// describe says in a few words what is covered: the state, and what happens in it.
func (g *generator) describe(n goal) string {
	if n.state == "" {
		return map[string]string{"turns": "the call takes too many turns", "duration": "the call lasts too long"}[n.variant]
	}
	state, _ := g.program.State(n.state)
	for _, say := range [...]func(*engine.State, goal) string{beside, mistaken, given} {
		if what := say(state, n); what != "" {
			return n.state + ", " + what
		}
	}
	if n.outcome == engine.OutNext {
		return n.state + ", on to " + g.target(n.state, n.outcome)
	}
	return n.state + ", " + strings.ReplaceAll(n.outcome, "_", " ")
}

// effectOf is what a state asks the world for, and where.
func effectOf(k engine.Kind) string {
	switch k := k.(type) {
	case engine.RequestState:
		return k.Fetch.Service
	case engine.ActionState:
		return k.Fetch.Service
	case engine.AuthenticateState:
		return "sign-in"
	case engine.ChallengeState:
		return "sending the code"
	case engine.VerifyState:
		return "checking the code"
	case engine.IdentifyState:
		return "looking up the number"
	}
	return "the service"
}

// beside tells what is no outcome of its own: how long an answer took, and what
// platforms do.
func beside(s *engine.State, n goal) string {
	switch n.variant {
	case heldGoal:
		return effectOf(s.Kind) + " takes its time"
	case "garbage":
		return effectOf(s.Kind) + " answers nonsense"
	case "slow":
		return effectOf(s.Kind) + " takes too long"
	case againGoal:
		return "the hook is delivered again"
	case keptGoal:
		return "a key too many, which the next question takes"
	case droppedGoal:
		return "a key too many, which nobody takes"
	}
	return ""
}

// mistaken tells what happens in states of any kind, and what callers do wrong.
func mistaken(s *engine.State, n goal) string {
	switch n.outcome {
	case engine.OutLimit:
		return "too many visits"
	case engine.OutRetryNoInput:
		return "silence, and the question again"
	case engine.OutRetryNoMatch:
		what := map[string]string{
			"too_short": "too few digits", "too_long": "too many digits", "not_allowed": "a wrong key",
			"pattern": "an entry that does not fit", "check": "a wrong check digit",
			"not_understood": "words that mean nothing", "low_confidence": "words that are not clear",
		}[n.variant]
		if what == "" {
			what = "a mistake"
		}
		return what + ", and the question again"
	case engine.OutRetryDenied:
		return prove.Happens(s.Kind, n.outcome) + ", and another try"
	case engine.OutRetryMore:
		return "more are asked for"
	case engine.OutNoInput:
		return "silence until the question gives up"
	case engine.OutNoMatch:
		return "mistakes until the question gives up"
	case engine.OutExhausted:
		return "the attempts are used up"
	case engine.OutHangup:
		return "the caller hangs up"
	}
	return ""
}

// given tells what a question is given, or what a state comes to.
func given(s *engine.State, n goal) string {
	how, item, entry := " is pressed", "an item is chosen", "an entry is taken"
	if n.variant == saidGoal {
		how, item, entry = " is said", "an item is said", "an entry is said"
	}
	if keys, ok := strings.CutPrefix(n.outcome, engine.OptionOutcome("")); ok {
		return keys + how
	}
	if keys, ok := strings.CutPrefix(n.outcome, engine.GlobalOutcome("")); ok {
		return keys + how + ", which works everywhere"
	}
	switch k := s.Kind.(type) {
	case engine.MenuState:
		return map[engine.Outcome]string{engine.OutChosen: item, engine.OutEmpty: "there is nothing to choose"}[n.outcome]
	case engine.CollectState:
		if n.outcome == engine.OutMatch {
			return entry
		}
	case engine.ConfirmState:
		switch {
		case n.outcome != engine.OutYes && n.outcome != engine.OutNo:
		case n.variant == saidGoal:
			return n.outcome + how
		default:
			return "the answer is " + n.outcome
		}
	case engine.BranchState:
		for i, when := range k.When {
			if engine.WhenOutcome(i+1) == n.outcome {
				return "if " + when.String()
			}
		}
		if n.outcome == engine.OutElse {
			return "otherwise"
		}
	}
	if what := prove.Happens(s.Kind, n.outcome); what != "" || n.outcome != engine.OutError {
		return what
	}
	return "a value that does not do" // an expression that failed
}
