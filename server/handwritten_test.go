package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
)

// handwritten is what somebody would write for the bank line on jambonz without
// callflow: an echo handler, a map of calls, encoding/json. It verifies the
// signature, counts attempts and logs a line, as any serious one would; it does
// not survive a duplicate, a crash or a second instance. It is here to be
// measured against.
type handwritten struct {
	mu     sync.Mutex
	calls  map[string]*handwrittenCall
	secret []byte
	log    *zap.Logger
	signIn func(account, pin string) (greeting string, ok bool)
	fetch  func(account string) (body []byte)
	base   string
}

type handwrittenCall struct {
	mu       sync.Mutex
	State    string
	Account  string
	Greeting string
	Attempts int
	Turn     int
	Started  time.Time
}

type jambonzHook struct {
	CallSid    string `json:"call_sid"`
	AccountSid string `json:"account_sid"`
	From       string `json:"from"`
	To         string `json:"to"`
	Reason     string `json:"reason"`
	Digits     string `json:"digits"`
	CallStatus string `json:"call_status"`
}

type jambonzVerb map[string]any

func newHandwritten(secret string, log *zap.Logger, base string) (*handwritten, http.Handler) {
	h := &handwritten{calls: map[string]*handwrittenCall{}, secret: []byte(secret), log: log, base: base}
	e := echo.New()
	e.POST("/call", h.start)
	e.POST("/turn/:turn", h.turn)
	e.POST("/status", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	return h, e
}

func (h *handwritten) read(c echo.Context) (*jambonzHook, error) {
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, 64<<10))
	if err != nil {
		return nil, err
	}
	var at, want string
	for _, part := range strings.Split(c.Request().Header.Get("Jambonz-Signature"), ",") {
		k, v, _ := strings.Cut(part, "=")
		switch k {
		case "t":
			at = v
		case "v1":
			want = v
		}
	}
	mac := hmac.New(sha256.New, h.secret)
	fmt.Fprintf(mac, "%s.%s", at, body)
	if !hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(want)) {
		return nil, echo.NewHTTPError(http.StatusForbidden)
	}
	var hook jambonzHook
	if err := json.Unmarshal(body, &hook); err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest)
	}
	return &hook, nil
}

func (h *handwritten) gather(call *handwrittenCall, maxDigits int, finish string, text ...string) []jambonzVerb {
	next := fmt.Sprintf("%s/turn/%d", h.base, call.Turn)
	g := jambonzVerb{
		"verb": "gather", "actionHook": next, "input": []string{"digits"}, "minDigits": 1, "maxDigits": maxDigits,
		"timeout": 5, "interDigitTimeout": 3, "dtmfBargein": true, "say": jambonzVerb{"text": strings.Join(text, " ")},
	}
	if finish != "" {
		g["finishOnKey"] = finish
	}
	return []jambonzVerb{g, {"verb": "redirect", "actionHook": next + "?lost=1"}, {"verb": "say", "text": "Sorry."}, {"verb": "hangup"}}
}

func (h *handwritten) start(c echo.Context) error {
	hook, err := h.read(c)
	if err != nil {
		return err
	}
	call := &handwrittenCall{State: "account", Turn: 1, Started: time.Now()}
	h.mu.Lock()
	h.calls[hook.CallSid] = call
	h.mu.Unlock()
	return c.JSON(http.StatusOK, h.gather(call, 10, "#", "Welcome to the Authzero demo. Please enter your account number, followed by the pound sign."))
}

func (h *handwritten) turn(c echo.Context) error {
	began := time.Now()
	hook, err := h.read(c)
	if err != nil {
		return err
	}
	h.mu.Lock()
	call := h.calls[hook.CallSid]
	h.mu.Unlock()
	if call == nil {
		return c.JSON(http.StatusOK, []jambonzVerb{{"verb": "hangup"}})
	}
	call.mu.Lock()
	defer call.mu.Unlock()
	call.Turn++
	from := call.State
	verbs := h.answer(call, hook)
	h.log.Info("turn", zap.String("call", hook.CallSid), zap.Int("turn", call.Turn), zap.String("from", from), zap.String("to", call.State), zap.Duration("took", time.Since(began)))
	return c.JSON(http.StatusOK, verbs)
}

const handwrittenMenu = "Press 1 for account balance, 2 for payments, or 9 to finish."

func (h *handwritten) answer(call *handwrittenCall, hook *jambonzHook) []jambonzVerb {
	if hook.Reason == "timeout" {
		if call.Attempts++; call.Attempts >= 3 {
			call.State = "end"
			return []jambonzVerb{{"verb": "say", "text": "Goodbye."}, {"verb": "hangup"}}
		}
	}
	switch call.State {
	case "account":
		if n := len(hook.Digits); n < 1 || n > 10 {
			return h.gather(call, 10, "#", "Please enter your account number, followed by the pound sign.")
		}
		call.Account, call.State, call.Attempts = hook.Digits, "pin", 0
		return h.gather(call, 4, "", "Please enter your four digit PIN.")
	case "pin":
		greeting, ok := h.signIn(call.Account, hook.Digits)
		if !ok {
			call.State = "end"
			return []jambonzVerb{{"verb": "say", "text": "Sorry, that account number and PIN do not match. Goodbye."}, {"verb": "hangup"}}
		}
		call.Greeting, call.State = greeting, "menu"
		return h.gather(call, 1, "", "Welcome "+greeting+".", handwrittenMenu)
	case "menu":
		switch hook.Digits {
		case "1":
			var balance struct {
				Amount   float64 `json:"amount"`
				Currency string  `json:"currency"`
			}
			if err := json.Unmarshal(h.fetch(call.Account), &balance); err != nil {
				return h.gather(call, 1, "", "Sorry, your balance is not known right now.", handwrittenMenu)
			}
			return h.gather(call, 1, "", fmt.Sprintf("Your balance is %.2f %s.", balance.Amount, balance.Currency), handwrittenMenu)
		case "2":
			return h.gather(call, 1, "", "You have no payments waiting.", handwrittenMenu)
		case "9":
			call.State = "end"
			return []jambonzVerb{{"verb": "say", "text": "Goodbye."}, {"verb": "hangup"}}
		}
		return h.gather(call, 1, "", "That is not one of the choices.", handwrittenMenu)
	}
	return []jambonzVerb{{"verb": "hangup"}}
}
