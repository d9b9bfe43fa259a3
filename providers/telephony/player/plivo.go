package player

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plivo plays a call as Plivo does, by its own pages: a question that nobody answers
// has no webhook, and what stands behind it is run; the finish key is left out of what
// was entered, and alone it is no entry; a recording of nothing has no webhook either;
// keys are heard while a question is asked and at no other time; a webhook is posted
// again with the same signature, as the fragment of its address says; a document that
// cannot be read, or that does not come, ends the call, but for the first one, which is
// asked for three times more, and for which there is a FallbackURL; nothing behind a Redirect is run; whatever runs out of
// elements is hung up. It tells of the end of the call, and whose doing it was.
func Plivo(ctx context.Context, o Options) Result {
	p := &plivoCall{played: begin(o), known: plivoElements(), status: "ringing"}
	p.play(ctx)
	return p.done()
}

const (
	plivoHeader = "X-Plivo-Signature-V3"
	plivoNonce  = "X-Plivo-Signature-V3-Nonce"
	plivoForm   = "application/x-www-form-urlencoded"
	// Plivo's pages speak of 15 seconds for a document, and of 40 for an answer.
	plivoTimeout = 15 * time.Second
)

type plivoCall struct {
	*played
	known  map[string][2][]string
	status string // of the call

	doc  []plivoElement // what is left of it
	sent int            // webhooks, for their nonces
}

func (p *plivoCall) play(ctx context.Context) {
	first := p.form("StartApp")
	first.Set("CallerName", cmp.Or(p.Call.Name, p.Call.From))
	first.Set("BillRate", "0.0085")
	first.Set("SessionStart", p.began.UTC().Format("2006-01-02 15:04:05.000000"))
	if p.Placed {
		p.status = "in-progress"
		first.Set("CallStatus", p.status)
		if p.AnsweredBy != "" {
			found := p.form("MachineDetection")
			found.Set("Machine", p.AnsweredBy)
			p.tell(ctx, p.StatusURL, http.MethodPost, found)
		}
	}
	method := http.MethodPost
	if p.Get {
		method = http.MethodGet
	}
	doc, err := p.hook(ctx, Start, p.URL, method, first)
	if err != nil && p.FallbackURL != "" && ctx.Err() == nil {
		doc, err = p.hook(ctx, Start, p.FallbackURL, http.MethodPost, first)
	}
	if err != nil {
		p.refuse(err)
		return
	}
	p.doc, p.status = doc, "in-progress"
	p.follow(func() error {
		if len(p.doc) == 0 {
			p.end(ctx, HungUp, "Plivo", "4010", nil)
			return nil
		}
		e := p.doc[0]
		p.doc = p.doc[1:]
		return p.perform(ctx, e)
	}, func(err error) {
		source, code := "Error", "4000"
		if errors.Is(err, errEndless) {
			source = "Plivo"
		} else {
			code, _, _ = strings.Cut(err.Error(), ":")
		}
		p.end(ctx, Broken, source, code, err)
	})
}

// perform carries out one element. An error ends the call.
func (p *plivoCall) perform(ctx context.Context, e plivoElement) error {
	switch e.name {
	case "Speak", "Play":
		p.speak(e)
	case "Wait":
		return p.wait(ctx, e)
	case "Hangup":
		p.end(ctx, HungUp, "Answer XML", "4000", nil)
	case "Redirect":
		return p.turn(ctx, strings.TrimSpace(e.text), e.attribute("method", http.MethodPost), p.form("Redirect"))
	case "GetDigits":
		return p.ask(ctx, e, false)
	case "GetInput":
		return p.ask(ctx, e, strings.Contains(e.attributes["inputType"], "speech"))
	case "Record":
		return p.record(ctx, e)
	case "Dial":
		return p.dial(ctx, e)
	default:
		return fmt.Errorf("8011: nobody here plays a %s", e.name)
	}
	return nil
}

// speak has the caller hear a Speak or a Play; without end is once, here.
func (p *plivoCall) speak(e plivoElement) {
	times, _ := strconv.Atoi(e.attribute("loop", "1"))
	p.heardTimes(max(times, 1), e.text, e.name == "Play")
}

func (p *plivoCall) wait(ctx context.Context, e plivoElement) error {
	seconds, _ := strconv.Atoi(e.attribute("length", "1")) // checked
	return p.Wait(ctx, time.Duration(seconds)*time.Second)
}

// ask asks a question, as often as its retries say. Keys that are left over are gone:
// nobody listens until the next one.
func (p *plivoCall) ask(ctx context.Context, e plivoElement, listens bool) error {
	finish := e.attribute("finishOnKey", "#")
	if finish == "none" {
		finish = ""
	}
	most := map[string]string{"GetDigits": "99", "GetInput": "32"}[e.name]
	q := question{terminator: finish, speech: listens && !p.KeysOnly}
	q.max, _ = strconv.Atoi(e.attribute("numDigits", most))
	tries, _ := strconv.Atoi(e.attribute("retries", "1"))
	for range max(tries, 1) {
		for _, in := range e.inner {
			p.speak(in)
		}
		keys, end := p.caller.entry(q)
		if end == left {
			p.end(ctx, Left, "Caller", "4000", nil)
			return nil
		}
		p.caller.ahead = ""
		form := p.form("GetDigits")
		switch end {
		case said:
			form.Set("Event", "GetInput")
			form.Set("InputType", "speech")
			form.Set("Speech", keys)
			form.Set("SpeechConfidenceScore", "0.9")
			form.Set("Digits", "")
		case mumbled, silent:
			continue
		default:
			if end == terminated {
				keys = strings.TrimSuffix(keys, finish)
			}
			if keys == "" {
				continue
			}
			if strings.Trim(keys, e.attribute("validDigits", "1234567890*#")) != "" {
				if sound := e.attributes["invalidDigitsSound"]; sound != "" {
					p.heard(recorded(sound))
				}
				continue
			}
			form.Set("Digits", keys)
			if e.name == "GetInput" {
				form.Set("InputType", "dtmf")
				form.Set("Speech", "")
			}
		}
		return p.action(ctx, e, form)
	}
	p.leftBehind(ctx) // what stands behind is run
	return nil
}

// leftBehind ends a call whose caller has hung up.
func (p *plivoCall) leftBehind(ctx context.Context) bool {
	if p.gone() {
		p.end(ctx, Left, "Caller", "4000", nil)
	}
	return p.result.End != ""
}

// record records the caller.
func (p *plivoCall) record(ctx context.Context, e plivoElement) error {
	result := p.nextRecording()
	form := p.form("Record")
	switch result {
	case "empty":
		p.leftBehind(ctx)
		return nil
	case hungUp:
		p.caller.leave()
		p.status = "completed"
		form = p.form("Record")
	case "recorded":
		if key := e.attribute("finishOnKey", "#"); key != "none" {
			form.Set("Digits", key)
		}
	}
	kept := result == "recorded" || result == hungUp
	if kept {
		p.addRecording(form)
	}
	err := p.action(ctx, e, form)
	if hook := e.attributes["callbackUrl"]; kept && hook != "" {
		ready := p.form("Record") // once the file is made
		ready.Del("CallStatus")
		p.addRecording(ready)
		p.tell(ctx, hook, e.attribute("callbackMethod", http.MethodPost), ready)
	}
	return err
}

func (p *plivoCall) addRecording(form url.Values) {
	id := p.Call.ID + "-" + strconv.Itoa(p.recordings)
	form.Set("RecordUrl", "https://media.plivo.com/v1/Account/MAXXXXXXXXXXXXXXXXXX/Recording/"+id+".mp3")
	form.Set("RecordingID", id)
	form.Set("RecordingDuration", "7")
	form.Set("RecordingDurationMs", "7000")
	form.Set("RecordingStartMs", "1795257016000")
	form.Set("RecordingEndMs", "1795257023000")
}

func (p *plivoCall) dial(ctx context.Context, e plivoElement) error {
	if p.caller.hangsUp() {
		p.end(ctx, Left, "Caller", "4000", nil)
		return nil
	}
	result := p.nextDial("completed")
	form := p.form("Redirect")
	form.Set("DialStatus", result)
	form.Set("DialRingStatus", strconv.FormatBool(result == "completed" || result == "no-answer" || result == "timeout"))
	form.Set("DialALegUUID", p.Call.ID)
	form.Set("DialBLegUUID", "")
	form.Set("DialHangupCause", map[string]string{"completed": "NORMAL_CLEARING", "busy": "USER_BUSY", "failed": "UNALLOCATED_NUMBER"}[result])
	if result == "completed" {
		form.Set("DialBLegUUID", p.Call.ID+"-b")
		if hook := e.attributes["confirmSound"]; hook != "" {
			if err := p.confirm(ctx, hook); err != nil {
				return err
			}
		}
	}
	if e.attributes["action"] == "" {
		return nil // what stands behind is run
	}
	return p.action(ctx, e, form)
}

// confirm plays a document to whoever takes the call, before the two are connected.
func (p *plivoCall) confirm(ctx context.Context, hook string) error {
	form := p.form("Redirect")
	form.Set("CallUUID", p.Call.ID+"-b")
	form.Set("ALegUUID", p.Call.ID)
	form.Set("Direction", "outbound")
	doc, err := p.hook(ctx, Turn, hook, http.MethodPost, form)
	if err != nil {
		return err
	}
	for _, e := range doc {
		switch e.name { // all others are ignored
		case "Speak":
			p.whispered(e.text)
		case "Play":
			p.whispered(recorded(strings.TrimSpace(e.text)))
		}
	}
	return nil
}

// action posts what came of an element to its action, whose document takes over
// unless the element says otherwise.
func (p *plivoCall) action(ctx context.Context, e plivoElement, form url.Values) error {
	rest := p.doc
	err := p.turn(ctx, e.attributes["action"], e.attribute("method", http.MethodPost), form)
	if e.attribute("redirect", "true") == "false" {
		p.doc = rest
	}
	return err
}

// turn posts a form and goes on with the document that comes back.
func (p *plivoCall) turn(ctx context.Context, address, method string, form url.Values) error {
	doc, err := p.hook(ctx, Turn, address, method, form)
	if p.status == "completed" {
		p.end(ctx, Left, "Caller", "4000", nil)
		return nil
	}
	if p.leftBehind(ctx) || err != nil {
		return err
	}
	p.doc = doc
	return nil
}

// hook posts a form, again as the address' fragment allows, and reads the document
// that comes back.
func (p *plivoCall) hook(ctx context.Context, kind Kind, address, method string, form url.Values) ([]plivoElement, error) {
	d, again, err := p.delivery(kind, address, method, form)
	if err != nil {
		p.fault(err)
		return nil, err
	}
	return fetch(ctx, p.played, d, again, func(a answer) ([]plivoElement, error) { return readPlivo(a, p.known) })
}

// delivery makes a webhook ready. Its signature and nonce are the same whenever it is
// sent.
func (p *plivoCall) delivery(kind Kind, address, method string, form url.Values) (d delivery, again retries, err error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return d, again, fmt.Errorf("7011: %q is no address", address)
	}
	again = retries{count: 1, policy: []string{"ct", "rt"}, pauses: []time.Duration{100 * time.Millisecond}}
	if kind == Start { // which is asked for again whatever has failed
		again.count, again.policy = 3, []string{"all"}
	}
	if again, err = again.with(at.Fragment); err != nil {
		return d, again, fmt.Errorf("7011: %w", err)
	}
	at.Fragment, at.RawFragment = "", ""
	p.sent++
	nonce := fmt.Sprintf("%020d", p.began.Unix()*1000+int64(p.sent))
	d = delivery{
		kind: kind, url: at.String(), header: plivoHeader, timeout: plivoTimeout, method: method,
		more: http.Header{http.CanonicalHeaderKey(plivoNonce): {nonce}},
	}
	if method == http.MethodGet {
		query := form.Encode()
		if at.RawQuery != "" {
			query = at.RawQuery + "&" + query
		}
		at.RawQuery = query
		d.url, form = at.String(), nil
	} else {
		d.body, d.contentType = []byte(form.Encode()), plivoForm
	}
	d.signature = p.signed(at, form, nonce)
	return d, again, nil
}

// signed makes the signature: the HMAC-SHA256 of the address, its sorted query, the
// sorted form and the nonce, in Base64.
func (p *plivoCall) signed(at *url.URL, form url.Values, nonce string) []byte {
	if p.Secret.Len() == 0 {
		return nil
	}
	text := at.Scheme + "://" + at.Host + at.EscapedPath()
	var query []string
	for name, values := range at.Query() {
		for _, value := range values {
			query = append(query, name+"="+value)
		}
	}
	slices.Sort(query)
	switch {
	case len(query) > 0:
		text += "?" + strings.Join(query, "&")
		if len(form) > 0 {
			text += "."
		}
	case len(form) > 0:
		text += "?"
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range slices.Sorted(slices.Values(form[name])) {
			text += name + value
		}
	}
	mac := hmac.New(sha256.New, []byte(p.Secret.Reveal()))
	mac.Write([]byte(text + "." + nonce))
	return []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// end ends the call, and tells of it.
func (p *plivoCall) end(ctx context.Context, how End, source, code string, err error) {
	p.close(how, err)
	p.status = "completed"
	if p.StatusURL == "" {
		return
	}
	form := p.form("Hangup")
	form.Set("Duration", strconv.Itoa(p.seconds()))
	form.Set("BillDuration", strconv.Itoa((p.seconds()+59)/60*60)) // minutes that have begun
	form.Set("TotalCost", "0.00850")
	form.Set("HangupCause", "NORMAL_CLEARING")
	form.Set("HangupSource", source)
	form.Set("HangupCauseCode", code)
	form.Set("HangupCauseName", map[string]string{"4000": "Normal Hangup", "4010": "End Of XML Instructions", "7011": "Error Reaching Answer URL", "8011": "Invalid Answer XML"}[code])
	p.tell(ctx, p.StatusURL, http.MethodPost, form)
}

// tell posts a notice, whose answer is of no interest.
func (p *plivoCall) tell(ctx context.Context, address, method string, form url.Values) {
	d, _, err := p.delivery(Notice, address, method, form)
	if err != nil {
		p.fault(err)
		return
	}
	p.notify(ctx, d)
}

// form is what every webhook of the call has. Numbers go without their plus.
func (p *plivoCall) form(event string) url.Values {
	return url.Values{
		"CallUUID": {p.Call.ID}, "Direction": {p.direction("inbound", "outbound")}, "CallStatus": {p.status}, "Event": {event},
		"From": {strings.TrimPrefix(p.Call.From, "+")}, "To": {strings.TrimPrefix(p.Call.To, "+")},
	}
}
