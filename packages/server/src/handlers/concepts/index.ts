import { DeleteConceptRelations } from './DeleteConceptRelations.ts';
import { GetConcept } from './GetConcept.ts';
import { GetConceptCounts } from './GetConceptCounts.ts';
import { GetConceptLanguage } from './GetConceptLanguage.ts';
import { ListConceptLanguages } from './ListConceptLanguages.ts';
import { ListConceptRelations } from './ListConceptRelations.ts';
import { ListConcepts } from './ListConcepts.ts';
import { ListKnowledgeGraphs } from './ListKnowledgeGraphs.ts';
import { PatchConceptLanguages } from './PatchConceptLanguages.ts';
import { PatchConcepts } from './PatchConcepts.ts';
import { PostConceptLanguages } from './PostConceptLanguages.ts';
import { PostConceptRelations } from './PostConceptRelations.ts';
import { PostConcepts } from './PostConcepts.ts';
import { PostConceptsSearches } from './PostConceptsSearches.ts';
import { PostKnowledgeGraphs } from './PostKnowledgeGraphs.ts';

export const concepts = {
  DeleteConceptRelations,
  GetConcept,
  GetConceptCounts,
  GetConceptLanguage,
  ListConceptLanguages,
  ListConceptRelations,
  ListConcepts,
  ListKnowledgeGraphs,
  PatchConceptLanguages,
  PatchConcepts,
  PostConceptLanguages,
  PostConceptRelations,
  PostConcepts,
  PostConceptsSearches,
  PostKnowledgeGraphs,
};
