"""A simulator of PayPal: orders, payments, disputes, webhooks signed with its own certificate, and the approval
page.
"""

PORT = 8103
