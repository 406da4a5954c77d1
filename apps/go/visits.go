package main

import (
	"context"
	"fmt"
)

// Visits counts visits and keeps the count.
type Visits interface {
	// Add counts one visit and returns the new count, once the store has it for good.
	Add(context.Context) (uint64, error)
	// Count returns the visits so far.
	Count(context.Context) (uint64, error)
	// Check says why a visit cannot be counted now.
	Check(context.Context) error
	// String says what there is to know at the start.
	fmt.Stringer
}
