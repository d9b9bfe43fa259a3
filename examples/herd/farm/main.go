package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"callflow/examples/herd/farm/events"
	"callflow/examples/internal/loopback"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8082", "loopback `address` to listen on")
	slow := flag.Duration("slow", 0, "`time` to think about every answer")
	flag.Parse()
	book := &events.Book{Told: func(e events.Event) {
		fmt.Printf("recorded: %s of animal %s, reported by %s\n", e.Event, e.Animal, e.Reporter)
	}}
	herd := book.Handler()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(*slow)
		herd.ServeHTTP(w, r)
	})
	err := loopback.Serve(*listen, handler, func(addr string) { fmt.Println("the herd book is open at http://" + addr) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "farm:", err)
		os.Exit(1)
	}
}
