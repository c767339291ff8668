// What the documents show of the audit log: an admin lets the demo seller sell.
import { DEMO_PEOPLE, DEMO_SELLER, demoId } from '../../lib/demo-market.ts';

export const examples = {
  AuditEntry: {
    id: demoId(98),
    actor_id: DEMO_PEOPLE.admin.id,
    actor_role: 'admin',
    action: 'seller.verify',
    object_type: 'seller',
    object_id: DEMO_SELLER.id,
    changes: { status: ['PENDING', 'VERIFIED'] },
    ip_prefix: '203.0.113.0/24',
    request_id: demoId(99),
    created_at: '2024-11-20T05:30:00.000Z',
  },
} as const;
