package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"callflow/examples/desk/tray"
	"callflow/examples/internal/loopback"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8083", "loopback `address` to listen on")
	slow := flag.Duration("slow", 0, "`time` to think about every answer")
	flag.Parse()
	t := &tray.Tray{Told: func(p tray.Paper) { fmt.Printf("%s: %s\n", p.Path, p.Body) }}
	desk := t.Handler()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(*slow)
		desk.ServeHTTP(w, r)
	})
	err := loopback.Serve(*listen, handler, func(addr string) { fmt.Println("the desk is open at http://" + addr) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "desk:", err)
		os.Exit(1)
	}
}
