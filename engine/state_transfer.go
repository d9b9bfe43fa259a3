package engine

import "time"

// Name is "transfer".
func (TransferState) Name() string { return "transfer" }

// Outcomes of a transfer.
func (TransferState) Outcomes() []Outcome {
	return []Outcome{OutCompleted, OutBusy, OutNoAnswer, OutFailed}
}

func (t TransferState) arrive(st *step) Outcome {
	if st.ending() {
		return OutGone
	}
	to, err := t.To.render(st.s, st.words, nil)
	if err != nil {
		return st.fail(err)
	}
	from, err := t.From.render(st.s, st.words, nil)
	if err != nil {
		return st.fail(err)
	}
	if err := st.say(t.Say, false); err != nil {
		return st.fail(err)
	}
	var context []Header
	for _, c := range t.Context {
		v, err := c.Value.render(st.s, st.words, header)
		if err != nil {
			return st.fail(err)
		}
		if v != "" {
			context = append(context, Header{c.Name, v})
		}
	}
	// Keys meant for what came before are not dialled into the conversation.
	st.s.Entry = Entry{}
	st.s.Dialled = st.at
	st.verbs = append(st.verbs, Dial{
		To: to, From: from, Timeout: t.Timeout, Limit: t.Limit, Refer: t.Refer,
		Whispers: len(t.Whisper) > 0, Context: context,
	})
	return ""
}

func (t TransferState) route(st *step, ev Event) Outcome {
	switch ev := ev.(type) {
	case Lost:
		return OutFailed
	case DialEnded:
		if s := st.s; !s.Dialled.IsZero() {
			s.Bridged += max(0, st.at.Sub(s.Dialled))
			s.Dialled = time.Time{}
		}
		if ev.CallerGone && t.Refer && ev.Result == DialCompleted {
			st.s.Phase = PhaseEnding // the call has left us, as it was meant to
			return OutCompleted
		}
		if ev.CallerGone {
			st.s.Phase = PhaseEnding
			st.reason = string(ev.Result)
			return OutHangup
		}
		switch ev.Result {
		case DialCompleted:
			return OutCompleted
		case DialBusy:
			return OutBusy
		case DialNoAnswer:
			return OutNoAnswer
		}
		return OutFailed
	}
	return ""
}

// aside is what is whispered to whoever takes the call.
func (t TransferState) aside(st *step, ev Event) error {
	if _, asked := ev.(WhisperWanted); !asked {
		return nil
	}
	return st.say(t.Whisper, false)
}
