package accounts

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Cents is an amount of money. In JSON it is a number of dollars.
type Cents int64

// MarshalJSON writes the amount exactly, which a float would not.
func (c Cents) MarshalJSON() ([]byte, error) {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Appendf(nil, "%s%d.%02d", sign, c/100, c%100), nil
}

// Balance is what is in an account.
type Balance struct {
	Amount   Cents  `json:"amount"`
	Currency string `json:"currency"`
}

// Demo are the accounts of the users in users.yaml.
func Demo() map[string]Balance {
	return map[string]Balance{
		"12345":      {Amount: 250_75, Currency: "AUD"},
		"1234567890": {Amount: -12_00, Currency: "AUD"},
	}
}

// Handler serves GET /accounts/{account}/balance. The map must not be changed
// any more.
func Handler(accounts map[string]Balance) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /accounts/{account}/balance", func(w http.ResponseWriter, r *http.Request) {
		balance, ok := accounts[r.PathValue("account")]
		if !ok {
			http.Error(w, "there is no such account", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(balance) // the caller has gone
	})
	return mux
}
