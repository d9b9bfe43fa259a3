package gateway

import (
	"encoding/json"

	"callflow/providers/sms"
)

// kept is a verdict in the store.
type kept struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
	Sender  string  `json:"sender,omitempty"`
}

func writeVerdict(v Verdict) []byte {
	b, _ := json.Marshal(kept{v.Outcome, v.Reason, v.Sender}) // texts alone always marshal
	return b
}

// readVerdict reads one. What cannot be read was sent, as far as anybody knows.
func readVerdict(b []byte) Verdict {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil || k.Outcome == "" {
		return Verdict{Outcome: Doubtful, Reason: "what became of it cannot be read"}
	}
	return Verdict{Outcome: k.Outcome, Reason: k.Reason, Sender: k.Sender}
}

// keptReceipt is a receipt in the store. A vendor's id of a message says nothing of
// the message.
type keptReceipt struct {
	Sender   string `json:"sender"`
	ID       string `json:"id,omitempty"`
	Feedback string `json:"feedback"`
}

func writeReceipt(r sms.Receipt) []byte {
	b, _ := json.Marshal(keptReceipt{r.Sender, r.ID, r.Feedback})
	return b
}

func readReceipt(b []byte) (r sms.Receipt, ok bool) {
	var k keptReceipt
	if err := json.Unmarshal(b, &k); err != nil || k.Feedback == "" {
		return r, false
	}
	return sms.Receipt{Sender: k.Sender, ID: k.ID, Feedback: k.Feedback}, true
}
