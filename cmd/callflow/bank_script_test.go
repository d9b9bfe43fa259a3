package main

import (
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"

	"callflow/examples/authzero/bank/accounts"
)

// bankCmd starts the service of the bank line.
func bankCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: bank")
	}
	bank := httptest.NewServer(accounts.Handler(accounts.Demo()))
	ts.Defer(bank.Close)
	ts.Setenv("BANK", bank.URL)
}
