package db

import (
	"context"

	"github.com/uptrace/bun"
)

// InsertAccount ties a person to an id at an identity provider. A pair that is
// taken is an error IsUnique knows.
func InsertAccount(ctx context.Context, tx bun.IDB, a *Account) error {
	_, err := tx.NewInsert().Model(a).Exec(ctx)
	return Fault(err, "adding an account")
}

// UserByAccount finds the person behind an id at an identity provider.
func UserByAccount(ctx context.Context, q bun.IDB, provider, providerUserID string) (User, error) {
	var u User
	err := q.NewRaw(`SELECT u.* FROM accounts a JOIN users u ON u.id = a.user_id
		WHERE a.provider = ? AND a.provider_user_id = ?`, provider, providerUserID).Scan(ctx, &u)
	return u, found(err, "finding a person by account", noUser)
}

// InsertDeploymentAdmin makes a person a deployment admin; it tells whether
// they were not one before.
func InsertDeploymentAdmin(ctx context.Context, tx bun.IDB, a *DeploymentAdmin) (bool, error) {
	res, err := tx.NewInsert().Model(a).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return false, Fault(err, "naming a deployment admin")
	}
	n, err := res.RowsAffected()
	return n == 1, Fault(err, "naming a deployment admin")
}

// DeleteDeploymentAdmin takes the flag away; it tells whether there was one.
func DeleteDeploymentAdmin(ctx context.Context, tx bun.IDB, userID string) (bool, error) {
	res, err := tx.NewRaw(`DELETE FROM deployment_admins WHERE user_id = ?`, userID).Exec(ctx)
	if err != nil {
		return false, Fault(err, "dismissing a deployment admin")
	}
	n, err := res.RowsAffected()
	return n == 1, Fault(err, "dismissing a deployment admin")
}

// IsDeploymentAdmin tells whether a person has the flag.
func IsDeploymentAdmin(ctx context.Context, q bun.IDB, userID string) (bool, error) {
	var yes bool
	err := q.NewRaw(`SELECT EXISTS (SELECT 1 FROM deployment_admins WHERE user_id = ?)`, userID).Scan(ctx, &yes)
	return yes, Fault(err, "looking for a deployment admin")
}
