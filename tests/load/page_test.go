package main

import (
	"fmt"
	"testing"
)

func TestTheHighestRateIsFoundToATwentieth(t *testing.T) {
	for _, limit := range []int{50, 99, 781, 5000, 30_000} {
		held, why := highest(func(rate int) error {
			if rate > limit {
				return fmt.Errorf("%d", rate)
			}
			return nil
		})
		if held > limit || held+held/20 < limit-1 || why == nil {
			t.Errorf("of %d found %d (%v)", limit, held, why)
		}
	}
}

func TestOneBadTryDoesNotEndTheSearch(t *testing.T) {
	tries := map[int]int{}
	held, _ := highest(func(rate int) error {
		tries[rate]++
		if tries[rate] == 1 || rate > 800 {
			return fmt.Errorf("%d", rate)
		}
		return nil
	})
	if held != 800 {
		t.Errorf("found %d of 800", held)
	}
}

func TestARateThatNothingHoldsSaysWhy(t *testing.T) {
	held, why := highest(func(rate int) error { return fmt.Errorf("%d does not hold", rate) })
	if held != 0 || why == nil || why.Error() != "50 does not hold" {
		t.Errorf("found %d (%v)", held, why)
	}
}
