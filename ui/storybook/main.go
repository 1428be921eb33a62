// Command storybook serves the component page and every page in every state,
// without a server or a database behind it, with the headers the server sends:
//
//	go run ./ui/storybook -addr 127.0.0.1:8099
//
// Templates and assets are read anew for every request, so that an edit shows at
// the next reload; styles and scripts need go generate ./ui first. ?theme=dark
// shows the dark scheme.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	dir := flag.String("ui", "ui", "the ui folder of the working copy")
	flag.Parse()
	if err := run(*addr, *dir); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func run(addr, dir string) error {
	if _, err := open(dir); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("storybook on http://%s\n", ln.Addr())
	book := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := open(dir)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		b.ServeHTTP(w, r)
	})
	return (&http.Server{Handler: book, ReadHeaderTimeout: 5 * time.Second}).Serve(ln)
}
