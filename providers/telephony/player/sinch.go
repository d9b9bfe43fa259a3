package player

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Sinch plays a call as the reference of Sinch's Voice API has it: every event goes to
// one URL, with the cookies that answers have set, and is answered with instructions
// and one action. A menu takes keys until there are enough of them or nothing comes any
// more; # is a key like any other. A callback that fails ends the call, and so does a
// connect, whatever comes of it.
func Sinch(ctx context.Context, o Options) Result {
	s := &sinchCall{played: begin(o)}
	s.play(ctx)
	return s.done()
}

const (
	sinchTimeout = 5 * time.Second
	sinchKey     = "11111111-2222-3333-4444-555555555555"
	sinchType    = "application/json; charset=utf-8"
	// sinchBlink is the longest time in which nobody answers a menu that says nothing.
	sinchBlink = 1000
)

type sinchCall struct {
	*played
	cookies []sinchPair
}

// sinchPair is a cookie.
type sinchPair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (s *sinchCall) play(ctx context.Context) {
	var doc svaml
	var err error
	if s.Placed {
		doc, err = s.taken(ctx)
	} else {
		first := s.event("ice")
		first["cli"] = strings.TrimPrefix(s.Call.From, "+")
		first["to"] = map[string]any{"type": "did", "endpoint": s.Call.To}
		first["domain"], first["originationType"], first["callHeaders"] = "pstn", "PSTN", []any{}
		first["callResourceUrl"], first["duration"], first["rdnis"] = "https://calling.api.sinch.com/calling/v1/calls/id/"+s.Call.ID, 0, ""
		first["userRate"] = sinchPrice()
		doc, err = s.hook(ctx, Start, first)
	}
	if err != nil {
		s.refuse(err)
		return
	}
	s.follow(func() error {
		doc, err = s.run(ctx, doc)
		return err
	}, func(err error) {
		reason := "CALLBACKERROR"
		if errors.Is(err, errEndless) {
			reason = "GENERALERROR"
		}
		s.end(ctx, Broken, reason, err)
	})
}

// taken tells that somebody has answered a call that was asked for, and who, where that
// is found out: before, or, for words that begin with "async ", beside the call.
func (s *sinchCall) taken(ctx context.Context) (svaml, error) {
	found := func(status string) map[string]any {
		reason := "n/a"
		if status == "beep" {
			status, reason = "machine", "beep"
		}
		return map[string]any{"status": status, "reason": reason, "duration": 3}
	}
	first := s.event("ace")
	later, async := strings.CutPrefix(s.AnsweredBy, "async ")
	if s.AnsweredBy != "" && !async {
		first["amd"] = found(s.AnsweredBy)
	}
	doc, err := s.hook(ctx, Start, first)
	if err == nil && strings.HasPrefix(doc.action.name, "connect") {
		err = fmt.Errorf("%s is no answer to ace", doc.action.name)
	}
	if !async || err != nil {
		return doc, err
	}
	tell := func(kind, status string) error {
		e := s.event("notify")
		e["type"], e["amd"] = kind, found(status)
		d, err := s.delivery(Notice, e)
		if err == nil {
			_, err = fetch(ctx, s.played, d, retries{}, acknowledged)
		}
		return err
	}
	if later != "beep" {
		return doc, tell("amd", later)
	}
	return doc, errors.Join(tell("amd", "machine"), tell("amd_beep", later))
}

// run carries out an answer, and asks for the next where there is one.
func (s *sinchCall) run(ctx context.Context, doc svaml) (svaml, error) {
	for _, in := range doc.instructions {
		switch in.name {
		case "say":
			s.heard(in.text("text"))
		case "playFiles":
			ids, _ := in.p["ids"].([]any)
			for _, id := range ids {
				address, _ := id.(string)
				if strings.HasPrefix(address, "#") {
					text, err := readPrompts(address)
					if err != nil {
						return svaml{}, err
					}
					s.heard(text...)
					continue
				}
				s.heard(recorded(address))
			}
		case "setCookie":
			s.cookie(in.text("key"), in.text("value"))
		}
	}
	switch doc.action.name {
	case "hangup":
		s.end(ctx, HungUp, "MANAGERHANGUP", nil)
	case "runMenu":
		return s.menu(ctx, doc.action)
	case "connectPstn", "connectSip":
		s.connect(ctx)
	default:
		return svaml{}, fmt.Errorf("the action %s leads nowhere", doc.action.name)
	}
	return svaml{}, nil
}

func (s *sinchCall) menu(ctx context.Context, a sinchStep) (svaml, error) {
	menu, _ := a.p["menus"].([]any)[0].(map[string]any)
	prompt, _ := menu["mainPrompt"].(string)
	texts, err := readPrompts(prompt)
	if err != nil {
		return svaml{}, err
	}
	s.heard(texts...)
	most, _ := menu["maxDigits"].(float64)
	patience, _ := menu["timeoutMills"].(float64)
	came := map[string]any{"menuId": menu["id"], "type": "timeout", "inputMethod": "dtmf"}
	if prompt == "" && patience <= sinchBlink {
		if err := s.Wait(ctx, time.Duration(patience)*time.Millisecond); err != nil {
			return svaml{}, err
		}
	} else {
		keys, end := s.caller.entry(question{max: int(most)})
		s.caller.ahead = ""
		switch end {
		case left:
			s.end(ctx, Left, "CALLERHANGUP", nil)
			return svaml{}, nil
		case full, cut:
			came["type"], came["value"] = "sequence", keys
		}
	}
	event := s.event("pie")
	event["menuResult"] = came
	doc, err := s.hook(ctx, Turn, event)
	if s.gone() {
		s.end(ctx, Left, "CALLERHANGUP", nil)
	}
	return doc, err
}

// connect rings the other side, and ends with it.
func (s *sinchCall) connect(ctx context.Context) {
	result := s.nextDial("ANSWERED")
	gone := s.caller.hangsUp()
	if result == "ANSWERED" && !gone {
		if doc, err := s.hook(ctx, Turn, s.event("ace")); err != nil || doc.action.name != "continue" {
			s.end(ctx, Broken, "INVALIDSVAMLACTION", fmt.Errorf("what was answered to ace does not continue: %w", errors.Join(err)))
			return
		}
	}
	how, reason := HungUp, map[string]string{"ANSWERED": "CALLEEHANGUP", "BUSY": "CANCEL", "NOANSWER": "TIMEOUT"}[result]
	if gone {
		how, reason, result = Left, "CALLERHANGUP", "NOANSWER"
	}
	if reason == "" {
		reason = "GENERALERROR"
	}
	s.over(ctx, how, reason, result, nil)
}

func (s *sinchCall) cookie(key, value string) {
	s.cookies = slices.DeleteFunc(s.cookies, func(p sinchPair) bool { return p.Key == key })
	s.cookies = append(s.cookies, sinchPair{key, value})
}

// sinchPrice is what nothing costs.
func sinchPrice() map[string]any { return map[string]any{"currencyId": "USD", "amount": 0} }

// event is what all events say.
func (s *sinchCall) event(name string) map[string]any {
	e := map[string]any{
		"event": name, "callid": s.Call.ID, "timestamp": s.Now().UTC().Format(time.RFC3339), "version": 1, "custom": s.Order, "applicationKey": sinchKey,
	}
	if len(s.cookies) > 0 {
		e["cookies"] = s.cookies
	}
	return e
}

// hook posts an event and reads the answer.
func (s *sinchCall) hook(ctx context.Context, kind Kind, event map[string]any) (svaml, error) {
	d, err := s.delivery(kind, event)
	if err != nil {
		s.fault(err)
		return svaml{}, err
	}
	return fetch(ctx, s.played, d, retries{}, func(a answer) (svaml, error) {
		if err := isJSON(a, http.StatusOK); err != nil {
			return svaml{}, err
		}
		return readSVAML(a.body)
	})
}

// delivery makes an event ready, and signs it.
func (s *sinchCall) delivery(kind Kind, event map[string]any) (delivery, error) {
	data, err := json.Marshal(event)
	if err != nil {
		return delivery{}, err
	}
	when := s.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")
	signature, err := s.signed(data, when)
	return delivery{
		kind: kind, url: s.URL, header: "Authorization", signature: signature, body: data, timeout: sinchTimeout,
		contentType: sinchType, more: http.Header{"X-Timestamp": {when}},
	}, err
}

// signed signs with the application's secret, which is Base64.
func (s *sinchCall) signed(body []byte, when string) ([]byte, error) {
	if s.Secret.Len() == 0 {
		return nil, nil
	}
	secret, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(s.Secret.Reveal()))
	if err != nil {
		return nil, errors.New("the secret is not Base64, as Sinch shows it")
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	sum := md5.Sum(body)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(strings.Join([]string{
		http.MethodPost, base64.StdEncoding.EncodeToString(sum[:]), sinchType, "x-timestamp:" + when, u.EscapedPath(),
	}, "\n")))
	return []byte("application " + sinchKey + ":" + base64.StdEncoding.EncodeToString(mac.Sum(nil))), nil
}

// end ends a call that was answered.
func (s *sinchCall) end(ctx context.Context, how End, reason string, err error) {
	s.over(ctx, how, reason, "ANSWERED", err)
}

// over tells of the end of the call.
func (s *sinchCall) over(ctx context.Context, how End, reason, result string, err error) {
	if s.result.End != "" {
		return
	}
	s.close(how, err)
	if s.Placed && how == Left && reason == "CALLERHANGUP" {
		reason = "CALLEEHANGUP" // it is we who call
	}
	last := s.event("dice")
	last["reason"], last["result"], last["from"] = reason, result, strings.TrimPrefix(s.Call.From, "+")
	last["to"] = map[string]any{"type": "did", "endpoint": s.Call.To}
	last["duration"], last["debit"], last["userRate"] = s.seconds(), sinchPrice(), sinchPrice()
	if d, bad := s.delivery(Notice, last); bad == nil {
		s.notify(ctx, d)
	}
}
