package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"callflow/examples/authzero/bank/accounts"
	"callflow/examples/internal/loopback"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "loopback `address` to listen on")
	slow := flag.Duration("slow", 0, "`time` to think about every answer")
	flag.Parse()
	bank := accounts.Handler(accounts.Demo())
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(*slow)
		bank.ServeHTTP(w, r)
	})
	err := loopback.Serve(*listen, handler, func(addr string) { fmt.Println("the bank is open at http://" + addr) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "bank:", err)
		os.Exit(1)
	}
}
