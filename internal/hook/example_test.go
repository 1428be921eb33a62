package hook_test

import (
	"context"
	"fmt"

	"or3.cloud/or3/internal/hook"
)

// A package declares its hooks as values beside the code that fires them.
var memberAdded = hook.Action[struct{ Name string }]{Name: "example.member:action:added"}

func Example() {
	bus := hook.New(nil)
	off := memberAdded.On(bus, hook.Options{Name: "greeter"}, func(_ context.Context, m struct{ Name string }) {
		fmt.Println("Welcome,", m.Name)
	})
	memberAdded.Fire(context.Background(), bus, struct{ Name string }{"Ines"})
	off()
	memberAdded.Fire(context.Background(), bus, struct{ Name string }{"Yuki"})
	// Output: Welcome, Ines
}
